// Parses JSON through nlohmann's SAX interface.
//
// That parser has no positions, so it reads through an iterator that all its
// copies share: in a callback the iterator stands behind the token (one byte
// further for a number, which ends where something else begins), and the token
// began where, from the end of the one before, separators end.
#include "compiler/importer/Json.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/ConvertUTF.h"

#include <nlohmann/json.hpp>

using namespace mlir;

namespace dlc::importer {

/// Objects and arrays inside one another; a network needs about ten.
static constexpr size_t depthLimit = 64;

static constexpr StringLiteral byteOrderMark = "\xEF\xBB\xBF";

const Member *Node::find(StringRef key) const {
  auto found = llvm::find_if(members, [&](const Member &member) { return member.key == key; });
  return found == members.end() ? nullptr : &*found;
}

StringRef describe(const Node &node) {
  switch (node.kind) {
  case Node::Null:
    return "null";
  case Node::Bool:
    return node.boolean ? "true" : "false";
  case Node::Integer:
    return "a whole number";
  case Node::Number:
    return "a number";
  case Node::String:
    return "a string";
  case Node::Array:
    return "a list";
  case Node::Object:
    return "an object";
  }
  llvm_unreachable("no such kind of value");
}

//===----------------------------------------------------------------------===//
// Positions
//===----------------------------------------------------------------------===//

Document::Document(llvm::MemoryBufferRef buffer, MLIRContext *context)
    : text(buffer.getBuffer()), filename(StringAttr::get(context, buffer.getBufferIdentifier())), context(context) {
  lines.push_back(0);
  for (size_t i = text.find('\n'); i != StringRef::npos; i = text.find('\n', i + 1))
    lines.push_back(i + 1);
}

Location Document::getLocation(size_t offset) const {
  size_t line = llvm::upper_bound(lines, offset) - lines.begin();
  return FileLineColLoc::get(filename, line, offset - lines[line - 1] + 1);
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

namespace {

using Json = nlohmann::json;

/// Reads what `shared` points to; the end of the text has a place of its own.
struct CountingIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char *;
  using reference = const char &;

  const char **shared = nullptr;
  const char *fixed = nullptr;

  const char *place() const { return shared ? *shared : fixed; }
  reference operator*() const { return *place(); }
  CountingIterator &operator++() {
    ++*shared;
    return *this;
  }
  bool operator==(const CountingIterator &other) const { return place() == other.place(); }
  bool operator!=(const CountingIterator &other) const { return place() != other.place(); }
};

/// Builds the tree from the parser's callbacks; a false result stops the parser.
class TreeBuilder {
public:
  explicit TreeBuilder(Document &document)
      : document(document), text(document.getText()), cursor(text.data()),
        previousEnd(text.starts_with(byteOrderMark) ? byteOrderMark.size() : 0) {}

  Node *build() {
    Json::sax_parse(CountingIterator{&cursor, nullptr}, CountingIterator{nullptr, text.end()}, this);
    return failed ? nullptr : root;
  }

  bool null() { return scalar({}); }
  bool boolean(bool value) {
    Node node;
    node.kind = Node::Bool;
    node.boolean = value;
    return scalar(node);
  }
  bool number_integer(Json::number_integer_t value) {
    Node node;
    node.kind = Node::Integer;
    node.integer = value;
    node.number = value;
    return scalar(node);
  }
  bool number_unsigned(Json::number_unsigned_t value) {
    if (value <= uint64_t(INT64_MAX))
      return number_integer(value);
    return tooLarge();
  }
  bool number_float(Json::number_float_t value, const std::string &spelling) {
    if (spelling.find_first_of(".eE") == std::string::npos)
      return tooLarge();
    Node node;
    node.kind = Node::Number;
    node.number = value;
    return scalar(node);
  }
  bool string(std::string &value) {
    Node node;
    node.kind = Node::String;
    node.text = std::move(value);
    return scalar(node);
  }
  bool binary(Json::binary_t &) { return false; }

  bool start_object(size_t) { return open(Node::Object); }
  bool start_array(size_t) { return open(Node::Array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string &name) {
    keyOffset = skipSeparators();
    previousEnd = cursor - text.data();
    auto [first, isNew] = keys.back().try_emplace(name, keyOffset);
    if (!isNew) {
      InFlightDiagnostic diagnostic = error(keyOffset) << "duplicate key '" << name << "'";
      diagnostic.attachNote(document.getLocation(first->second)) << "first given here";
    }
    keyName = std::move(name);
    return true;
  }

  bool parse_error(size_t, const std::string &, const nlohmann::detail::exception &exception);

private:
  size_t skipSeparators() const {
    size_t start = text.find_first_not_of(" \t\r\n,:", previousEnd);
    return start == StringRef::npos ? text.size() : start;
  }

  Node *add(Node value) {
    value.offset = skipSeparators();
    Node *node = document.create(std::move(value));
    node->end = previousEnd = cursor - text.data();
    if (stack.empty())
      root = node;
    else if (stack.back()->is(Node::Array))
      stack.back()->items.push_back(node);
    else
      stack.back()->members.push_back({std::move(keyName), keyOffset, node});
    return node;
  }

  bool scalar(Node value) {
    Node *node = add(std::move(value));
    if (node->is(Node::Integer) || node->is(Node::Number))
      node->end = std::min(text.find_first_not_of("+-.0123456789eE", node->offset), text.size());
    return true;
  }

  bool open(Node::Kind kind) {
    if (stack.size() == depthLimit) {
      error(skipSeparators()) << "more than " << depthLimit << " objects and lists inside one another";
      return false;
    }
    Node value;
    value.kind = kind;
    stack.push_back(add(std::move(value)));
    keys.emplace_back();
    return true;
  }

  bool close() {
    stack.back()->end = previousEnd = cursor - text.data();
    stack.pop_back();
    keys.pop_back();
    return true;
  }

  bool tooLarge() {
    size_t start = skipSeparators();
    size_t end = std::min(text.find_first_not_of("+-.0123456789eE", start), text.size());
    error(start) << "number " << text.slice(start, std::min(end, start + 40)) << (end > start + 40 ? "…" : "")
                 << " is out of range";
    return false;
  }

  InFlightDiagnostic error(size_t offset) {
    failed = true;
    return emitError(document.getLocation(offset));
  }
  Document &document;
  StringRef text;
  const char *cursor;
  size_t previousEnd;
  std::vector<Node *> stack;
  std::vector<llvm::StringMap<size_t>> keys; // of each object that is open, and where they stand
  std::string keyName;
  size_t keyOffset = 0;
  Node *root = nullptr;
  bool failed = false;
};

/// Says in our words what the parser found, at the place where it found it.
bool TreeBuilder::parse_error(size_t, const std::string &, const nlohmann::detail::exception &exception) {
  size_t start = skipSeparators();
  size_t lastRead = cursor == text.data() ? 0 : cursor - text.data() - 1;
  StringRef reason = exception.what();
  if (exception.id == 406) { // the only error that is not about syntax
    tooLarge();
    return false;
  }
  // "[…] parse error at …: syntax error while parsing value - REASON[; last read: '…'][; expected …]"
  reason = reason.drop_front(std::min(reason.find(" - "), reason.size())).ltrim(" -");
  auto [what, rest] = reason.split("; last read: '");
  StringRef expected = what.split("; expected ").second;
  if (size_t place = rest.rfind("; expected "); place != StringRef::npos)
    expected = rest.substr(place).drop_front(StringRef("; expected ").size());
  what = what.split("; expected ").first;
  if (expected.starts_with("'[', '{'"))
    expected = "a value";

  if (what.starts_with("unexpected end of input")) {
    InFlightDiagnostic diagnostic = error(text.size()) << "unexpected end of the file";
    if (!stack.empty())
      diagnostic.attachNote(document.getLocation(stack.back()->offset))
          << "this " << (stack.back()->is(Node::Object) ? "object" : "list") << " is not closed";
    return false;
  }
  StringRef atToken = text.drop_front(start);
  if (what.starts_with("unexpected") || what.starts_with("invalid literal")) {
    StringRef before = text.take_front(start).rtrim(" \t\r\n");
    if (before.ends_with(",") && (atToken.starts_with("]") || atToken.starts_with("}"))) {
      error(before.size() - 1) << "a comma that nothing follows";
      return false;
    }
    InFlightDiagnostic diagnostic = error(start);
    if (atToken.starts_with("//") || atToken.starts_with("/*") || atToken.starts_with("#"))
      diagnostic << "JSON has no comments";
    else if (atToken.starts_with("'"))
      diagnostic << "strings stand in double quotes";
    else if (what.starts_with("invalid literal"))
      diagnostic << "invalid value: neither a number, a string, a list, an object, true, false nor null";
    else
      diagnostic << what;
    if (!expected.empty() && what.starts_with("unexpected"))
      diagnostic << ", expected " << expected;
    return false;
  }
  // A string or a number is at fault where the parser stopped; one that is not closed, where it begins.
  error(what.contains("missing closing quote") ? start : lastRead)
      << what << (expected.empty() ? "" : ": expected ") << expected;
  return false;
}

} // namespace

/// JSON is UTF-8, and a zero byte would end it for the parser.
bool Document::checkEncoding() {
  if (size_t zero = text.find('\0'); zero != StringRef::npos) {
    emitError(getLocation(zero)) << "a zero byte";
    return false;
  }
  const auto *bytes = reinterpret_cast<const llvm::UTF8 *>(text.data());
  const llvm::UTF8 *end = bytes + text.size(), *reached = bytes;
  if (llvm::isLegalUTF8String(&reached, end))
    return true;
  emitError(getLocation(reached - bytes)) << "the file is not UTF-8: byte 0x" << llvm::utohexstr(*reached, false, 2);
  return false;
}

Node *Document::parse() {
  StringRef content = text;
  content.consume_front(byteOrderMark);
  if (content.ltrim(" \t\r\n").empty()) {
    emitError(getLocation(0)) << (text.empty() ? "the file is empty" : "the file holds nothing");
    return nullptr;
  }
  if (!checkEncoding())
    return nullptr;
  try {
    return TreeBuilder(*this).build();
  } catch (const std::exception &exception) {
    emitError(getLocation(0)) << "the file cannot be read: " << exception.what();
    return nullptr;
  }
}

} // namespace dlc::importer
