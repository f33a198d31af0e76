// The command line of a verb: a table of options, each bound to the variable that it sets.
//
//   std::string network, output;
//   OptionTable options("compile", "NET -o FILE", "Compiles a network ...");
//   options.positional("NET", network, "the network");
//   options.text("-o, --output", "FILE", output, "the object file");
//   if (std::optional<int> exit = options.parse(arguments))
//     return *exit;
#ifndef DLC_TOOLS_DLC_OPTIONS_H
#define DLC_TOOLS_DLC_OPTIONS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace dlc {

class OptionTable {
public:
  /// `usage` follows "dlc VERB"; `description` is the help's first paragraph.
  OptionTable(llvm::StringRef verb, llvm::StringRef usage, llvm::StringRef description)
      : verb(verb), usage(usage), description(description) {}

  //===--- The table -------------------------------------------------------===//
  // `names` is one name or several ("-o, --output"). An option that is not
  // given leaves its variable as it was. One without `help` is not shown: it is
  // for tests.

  void flag(llvm::StringRef names, bool &value, llvm::StringRef help);
  void text(llvm::StringRef names, llvm::StringRef meta, std::string &value, llvm::StringRef help);
  /// Each use appends.
  void list(llvm::StringRef names, llvm::StringRef meta, std::vector<std::string> &values, llvm::StringRef help);
  /// A whole number between `least` and `most`.
  void number(llvm::StringRef names, llvm::StringRef meta, int64_t &value, llvm::StringRef help, int64_t least = 0,
              int64_t most = std::numeric_limits<int64_t>::max());
  /// A number between `least` and `most`.
  void real(llvm::StringRef names, llvm::StringRef meta, std::optional<double> &value, llvm::StringRef help,
            double least = 0, double most = std::numeric_limits<double>::max());
  /// One of `choices`; `value` becomes its index.
  void choice(llvm::StringRef names, llvm::ArrayRef<llvm::StringRef> choices, std::optional<size_t> &value,
              llvm::StringRef help);
  /// An argument without a dash, in order; required ones come first.
  void positional(llvm::StringRef meta, std::string &value, llvm::StringRef help, bool required = true);
  /// Takes any number of further arguments.
  void rest(llvm::StringRef meta, std::vector<std::string> &values, llvm::StringRef help);

  //===--- Its use ---------------------------------------------------------===//

  /// Sets the variables from `arguments` (what follows the verb). Returns an
  /// exit code where the verb is to end at once: help was asked for, or the
  /// command line is wrong, which has been said.
  std::optional<int> parse(llvm::ArrayRef<llvm::StringRef> arguments);

  void printHelp(llvm::raw_ostream &os) const;

  /// Says that the command line is wrong; returns the exit code.
  int fail(const llvm::Twine &message) const;

private:
  struct Option {
    std::vector<std::string> names;
    std::string meta; // empty: a flag
    std::string help;
    /// Returns what is wrong with the value, or nothing.
    std::function<std::string(llvm::StringRef)> set;
  };
  struct Positional {
    std::string meta, help;
    bool required;
    std::string *value;
    std::vector<std::string> *values;
  };

  void add(llvm::StringRef names, llvm::StringRef meta, llvm::StringRef help,
           std::function<std::string(llvm::StringRef)> set);
  const Option *find(llvm::StringRef name) const;
  std::string suggest(llvm::StringRef name) const;

  std::string verb, usage, description;
  std::vector<Option> options;
  std::vector<Positional> positionals;
};

/// The candidate that `word` is likely a misspelling of, or "".
llvm::StringRef findSimilar(llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> candidates);

} // namespace dlc

#endif // DLC_TOOLS_DLC_OPTIONS_H
