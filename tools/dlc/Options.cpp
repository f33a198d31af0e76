// Parses the command line of a verb and prints its help.
#include "tools/dlc/Options.h"
#include "tools/dlc/ExitCode.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace llvm;
using namespace dlc;

StringRef dlc::findSimilar(StringRef word, ArrayRef<StringRef> candidates) {
  StringRef best;
  unsigned bestDistance = std::max<size_t>(1, word.size() / 3) + 1;
  for (StringRef candidate : candidates) {
    unsigned distance = word.edit_distance(candidate, /*AllowReplacements=*/true, bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

void OptionTable::add(StringRef names, StringRef meta, StringRef help, std::function<std::string(StringRef)> set) {
  Option option = {{}, meta.str(), help.str(), std::move(set)};
  for (StringRef name : split(names, ','))
    option.names.push_back(name.trim().str());
  options.push_back(std::move(option));
}

void OptionTable::flag(StringRef names, bool &value, StringRef help) {
  add(names, "", help, [&value](StringRef) {
    value = true;
    return std::string();
  });
}

void OptionTable::text(StringRef names, StringRef meta, std::string &value, StringRef help) {
  add(names, meta, help, [&value](StringRef given) {
    value = given.str();
    return given.empty() ? std::string("expects a value that is not empty") : std::string();
  });
}

void OptionTable::list(StringRef names, StringRef meta, std::vector<std::string> &values, StringRef help) {
  add(names, meta, help, [&values](StringRef given) {
    values.push_back(given.str());
    return given.empty() ? std::string("expects a value that is not empty") : std::string();
  });
}

void OptionTable::number(StringRef names, StringRef meta, int64_t &value, StringRef help, int64_t least, int64_t most) {
  add(names, meta, help, [&value, least, most](StringRef given) -> std::string {
    int64_t parsed;
    if (given.getAsInteger(10, parsed))
      return ("expects a whole number but got '" + given + "'").str();
    if (parsed < least)
      return "expects at least " + std::to_string(least) + " but got '" + given.str() + "'";
    if (parsed > most)
      return "expects at most " + std::to_string(most) + " but got '" + given.str() + "'";
    value = parsed;
    return "";
  });
}

void OptionTable::real(StringRef names, StringRef meta, std::optional<double> &value, StringRef help, double least,
                       double most) {
  add(names, meta, help, [&value, least, most](StringRef given) -> std::string {
    double parsed;
    if (given.getAsDouble(parsed) || std::isnan(parsed))
      return ("expects a number but got '" + given + "'").str();
    if (parsed < least || parsed > most)
      return formatv("expects a number of at least {0}{1} but got '{2}'", format("%g", least),
                     most < std::numeric_limits<double>::max() ? formatv(" and at most {0}", format("%g", most)).str()
                                                               : "",
                     given);
    value = parsed;
    return "";
  });
}

void OptionTable::choice(StringRef names, ArrayRef<StringRef> choices, std::optional<size_t> &value, StringRef help) {
  std::vector<std::string> known;
  for (StringRef choice : choices)
    known.push_back(choice.str());
  add(names, join(known, "|"), help, [&value, known](StringRef given) -> std::string {
    auto found = llvm::find(known, given);
    if (found != known.end()) {
      value = found - known.begin();
      return "";
    }
    SmallVector<StringRef> candidates(known.begin(), known.end());
    StringRef similar = findSimilar(given, candidates);
    std::string message = "has no '" + given.str() + "'";
    if (!similar.empty())
      return message + "; did you mean '" + similar.str() + "'?";
    return message + "; it takes " + join(known, ", ");
  });
}

void OptionTable::positional(StringRef meta, std::string &value, StringRef help, bool required) {
  positionals.push_back({meta.str(), help.str(), required, &value, nullptr});
}

void OptionTable::rest(StringRef meta, std::vector<std::string> &values, StringRef help) {
  positionals.push_back({meta.str(), help.str(), false, nullptr, &values});
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

const OptionTable::Option *OptionTable::find(StringRef name) const {
  for (const Option &option : options)
    if (is_contained(option.names, name))
      return &option;
  return nullptr;
}

std::string OptionTable::suggest(StringRef name) const {
  SmallVector<StringRef> candidates = {"--help"};
  for (const Option &option : options)
    candidates.append(option.names.begin(), option.names.end());
  StringRef similar = findSimilar(name, candidates);
  return similar.empty() ? "" : ("; did you mean '" + similar + "'?").str();
}

int OptionTable::fail(const Twine &message) const {
  errs() << "dlc " << verb << ": error: " << message << "\n"
         << "usage: dlc " << verb << (usage.empty() ? "" : " ") << usage << "\n"
         << "`dlc " << verb << " --help` lists the options\n";
  return exitUsage;
}

std::optional<int> OptionTable::parse(ArrayRef<StringRef> arguments) {
  auto nextPositional = positionals.begin();
  bool onlyPositionals = false;
  while (!arguments.empty()) {
    StringRef argument = arguments.consume_front();
    if (!onlyPositionals && argument == "--") {
      onlyPositionals = true;
      continue;
    }
    if (onlyPositionals || argument == "-" || !argument.starts_with("-")) {
      if (nextPositional == positionals.end())
        return fail("unexpected argument '" + argument + "'");
      if (nextPositional->values)
        nextPositional->values->push_back(argument.str());
      else
        *(nextPositional++)->value = argument.str();
      continue;
    }
    if (argument == "--help" || argument == "-h") {
      printHelp(outs());
      return exitFine;
    }

    // --name VALUE, --name=VALUE, -n VALUE or -nVALUE.
    StringRef name = argument, value;
    bool attached = false;
    if (const size_t equals = argument.find('='); argument.starts_with("--") && equals != StringRef::npos) {
      name = argument.take_front(equals);
      value = argument.drop_front(equals + 1);
      attached = true;
    } else if (!argument.starts_with("--") && argument.size() > 2 && find(argument.take_front(2))) {
      name = argument.take_front(2);
      value = argument.drop_front(2);
      attached = true;
    }
    const Option *option = find(name);
    if (!option)
      return fail("unknown option '" + name + "'" + suggest(name));
    if (option->meta.empty() && attached)
      return fail("option '" + name + "' takes no value");
    if (!option->meta.empty() && !attached) {
      if (arguments.empty())
        return fail("option '" + name + "' expects a value, " + option->meta);
      value = arguments.consume_front();
    }
    if (std::string wrong = option->set(value); !wrong.empty())
      return fail("option '" + name + "' " + wrong);
  }
  if (nextPositional != positionals.end() && nextPositional->required)
    return fail("expects " + nextPositional->meta + ", " + nextPositional->help);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Help
//===----------------------------------------------------------------------===//

void OptionTable::printHelp(raw_ostream &os) const {
  os << description << "\n\nusage: dlc " << verb << (usage.empty() ? "" : " ") << usage << "\n";
  struct Row {
    std::string left, right;
  };
  std::vector<Row> rows;
  for (const Positional &positional : positionals)
    rows.push_back({positional.meta, positional.help});
  for (const Option &option : options)
    if (!option.help.empty())
      rows.push_back({join(option.names, ", ") + (option.meta.empty() ? "" : " " + option.meta), option.help});
  rows.push_back({"-h, --help", "this text"});

  constexpr size_t indent = 28;
  os << "\n";
  for (const Row &row : rows) {
    os << "  " << row.left;
    size_t column = row.left.size() + 2;
    for (StringRef line : split(row.right, '\n')) {
      if (column + 2 > indent) {
        os << "\n";
        column = 0;
      }
      os.indent(indent - column) << line << "\n";
      column = 0;
    }
  }
}
