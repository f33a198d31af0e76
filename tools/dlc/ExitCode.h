// The exit codes of every verb.
#ifndef DLC_TOOLS_DLC_EXITCODE_H
#define DLC_TOOLS_DLC_EXITCODE_H

namespace dlc {

enum ExitCode {
  exitFine = 0,
  exitInput = 1,       // the input is at fault: a diagnostic says where and why
  exitUsage = 2,       // the command line is wrong
  exitEnvironment = 3, // a file, a device or memory fails
  exitInternal = 4,    // dlc itself is at fault
};

} // namespace dlc

#endif // DLC_TOOLS_DLC_EXITCODE_H
