// Diagnostics with suggestions, and the form of values.
#include "compiler/importer/Reporter.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace dlc::importer {

std::string didYouMean(StringRef wrong, ArrayRef<StringRef> candidates) {
  // Nobody mistypes more than about a third of a word; and long nonsense costs quadratic time.
  unsigned limit = std::clamp<unsigned>(wrong.size() / 3, 1, 5);
  StringRef best;
  if (wrong.size() > 100)
    return "";
  for (StringRef candidate : candidates) {
    // Case and separators count little: Conv2d is conv2d, MaxPool2d is max_pool2d.
    unsigned distance = StringRef(wrong.lower()).edit_distance(candidate.lower(), true, limit);
    if (distance > limit || (distance == limit && !best.empty()) || distance >= candidate.size())
      continue;
    best = candidate;
    limit = distance;
  }
  return best.empty() ? "" : ("; did you mean '" + best + "'?").str();
}

Location Reporter::at(size_t offset) const {
  Location place = document.getLocation(offset);
  return blockUse ? Location(CallSiteLoc::get(place, *blockUse)) : place;
}

void Reporter::warning(Location location, const Twine &message) {
  std::string text = message.str();
  Location innermost = location->findInstanceOf<FileLineColLoc>();
  if (llvm::is_contained(warnings, std::make_pair(innermost, text)))
    return;
  emitWarning(location) << text;
  warnings.emplace_back(innermost, std::move(text));
}

bool Reporter::expect(const Node &node, Node::Kind kind, StringRef what) {
  if (node.is(kind) || (kind == Node::Number && node.is(Node::Integer)))
    return true;
  Node wanted;
  wanted.kind = kind;
  error(node) << what << " takes " << (kind == Node::Bool ? "true or false" : describe(wanted)) << ", not "
              << describe(node);
  return false;
}

bool Reporter::expectName(const Node &node, StringRef what) {
  if (!expect(node, Node::String, what))
    return false;
  if (node.text.empty())
    error(node) << what << " is empty";
  else if (llvm::any_of(node.text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    error(node) << what << " has a control character in it";
  else
    return true;
  return false;
}

bool Reporter::expectInteger(const Node &node, int64_t minimum, StringRef what) {
  if (!expect(node, Node::Integer, what))
    return false;
  if (node.integer >= minimum)
    return true;
  error(node) << what << " is at least " << minimum << ", not " << node.integer;
  return false;
}

bool Reporter::checkKeys(const Node &object, ArrayRef<StringRef> known, StringRef owner) {
  bool good = true;
  for (const Member &member : object.members) {
    if (llvm::is_contained(known, member.key))
      continue;
    error(member.offset) << "unknown key '" << member.key << "' in " << owner << didYouMean(member.key, known);
    good = false;
  }
  return good;
}

const Member *Reporter::require(const Node &object, StringRef key, StringRef owner) {
  const Member *member = object.find(key);
  if (!member)
    error(object) << owner << " needs '" << key << "'";
  return member;
}

} // namespace dlc::importer
