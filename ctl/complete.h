/* complete.h - what could stand next on the command line, one word a line, for the shells. */
#ifndef CREDCTL_COMPLETE_H
#define CREDCTL_COMPLETE_H

#include <stdbool.h>

/* `argv` are the words behind "credctl", the last of them the one being typed (maybe empty). False:
 * the name of a file is meant, which the shell knows best. */
bool complete_print(int argc, char **argv);

#endif
