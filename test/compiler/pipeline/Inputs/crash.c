// Preloaded: ends every process that compiles a kernel, as a fault in the compiler would.
#include <signal.h>
#include <stdio.h>
#include <string.h>

__attribute__((constructor)) static void crash(void) {
  char line[4096] = "";
  FILE *file = fopen("/proc/self/cmdline", "r");
  size_t length = file ? fread(line, 1, sizeof(line) - 1, file) : 0;
  if (file)
    fclose(file);
  if (length > 4 && strcmp(line + strlen(line) + 1, "compile-kernel") == 0)
    raise(SIGSEGV);
}
