/* complete.h - what could stand next on the command line, one word a line, for the shells. */
#ifndef CREDCTL_COMPLETE_H
#define CREDCTL_COMPLETE_H

/* `argv` are the words behind "credctl", the last of them the one being typed (maybe empty). */
void complete_print(int argc, char **argv);

#endif
