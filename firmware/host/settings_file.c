#include "settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "say.h"

size_t ew_settings_file_load(const char *path, void *buffer, size_t size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    if (errno != ENOENT) ew_say("%s: cannot read settings: %s", path, strerror(errno));
    return 0;
  }
  size_t length = fread(buffer, 1, size, file);
  bool whole = length < size || fgetc(file) == EOF;
  (void)fclose(file);
  return whole ? length : 0;
}

static bool write_file(const char *path, const void *data, size_t length) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  bool written = write(fd, data, length) == (ssize_t)length && fsync(fd) == 0;
  int error = errno;
  bool closed = close(fd) == 0;
  if (!written) errno = error;
  return written && closed;
}

bool ew_settings_file_save(const char *path, const void *data, size_t length) {
  char next[PATH_MAX];
  int size = snprintf(next, sizeof next, "%s.new", path);
  if (size > 0 && (size_t)size < sizeof next && write_file(next, data, length) &&
      rename(next, path) == 0) {
    return true;
  }
  ew_say("%s: cannot store settings: %s", path, strerror(errno));
  return false;
}
