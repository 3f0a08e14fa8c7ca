/** Settings of the node in a file, replaced as a whole. */
#ifndef EW_SETTINGS_FILE_H
#define EW_SETTINGS_FILE_H

#include <stdbool.h>
#include <stddef.h>

/** Reads it. @return bytes read; 0: there is none, or it is longer than `size` */
size_t ew_settings_file_load(const char *path, void *buffer, size_t size);

/** Replaces it; a crash leaves the old or the new one. @return false: it cannot, and said why */
bool ew_settings_file_save(const char *path, const void *data, size_t length);

#endif
