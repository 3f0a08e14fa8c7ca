/** Version of the program; builds from the tree take that of `deno.json`. */
#ifndef EW_VERSION_H
#define EW_VERSION_H

#ifndef EW_VERSION
#define EW_VERSION "0.1.0"
#endif

#endif
