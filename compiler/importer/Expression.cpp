// Evaluates expressions by recursive descent, exactly or not at all.
#include "compiler/importer/Expression.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace dlc::importer {

namespace {

/// Parentheses and minus signs inside one another.
constexpr unsigned depthLimit = 64;

using Result = std::optional<int64_t>; // nothing: reported

class Evaluator {
public:
  Evaluator(const Node &node, const Arguments *arguments, Reporter &reporter)
      : node(node), arguments(arguments), reporter(reporter), text(node.text), rest(text.drop_front()) {}

  /// The value of a single parameter, which need not be a number; null where there is more.
  Node *singleParameter() {
    StringRef name = text.drop_front().trim();
    return arguments && isIdentifier(name) ? arguments->lookup(name) : nullptr;
  }

  Result evaluate() {
    Result value = expression();
    rest = rest.ltrim();
    if (value && !rest.empty())
      return fail("unexpected '" + rest.take_front(1) + "'");
    return value;
  }

private:
  static bool isIdentifier(StringRef name) {
    return !name.empty() && !llvm::isDigit(name.front()) &&
           llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; });
  }

  bool consume(StringRef token) {
    rest = rest.ltrim();
    return rest.consume_front(token);
  }

  Result expression() {
    Result left = term();
    while (left) {
      bool minus = consume("-");
      if (!minus && !consume("+"))
        break;
      Result right = term();
      if (!right)
        return right;
      int64_t sum;
      if (minus ? llvm::SubOverflow(*left, *right, sum) : llvm::AddOverflow(*left, *right, sum))
        return overflow();
      left = sum;
    }
    return left;
  }

  Result term() {
    Result left = factor();
    while (left) {
      // "//" before "/".
      StringRef op;
      for (StringRef each : {"*", "//", "/", "%"})
        if (op.empty() && consume(each))
          op = each;
      if (op.empty())
        break;
      Result right = factor();
      left = right ? apply(op, *left, *right) : right;
    }
    return left;
  }

  Result apply(StringRef op, int64_t left, int64_t right) {
    if (op == "*") {
      int64_t product;
      return llvm::MulOverflow(left, right, product) ? overflow() : Result(product);
    }
    if (right == 0)
      return fail("division by zero: " + Twine(left) + " " + op + " 0");
    if (left == INT64_MIN && right == -1)
      return op == "%" ? Result(0) : overflow();
    int64_t quotient = left / right, remainder = left % right;
    if (op == "/" && remainder != 0)
      return fail(Twine(left) + " / " + Twine(right) + " is not whole; '//' rounds down");
    if (remainder != 0 && (remainder < 0) != (right < 0)) {
      quotient -= 1;
      remainder += right;
    }
    return op == "%" ? remainder : quotient;
  }

  Result factor() {
    if (++depth > depthLimit)
      return fail("more than " + Twine(depthLimit) + " signs and parentheses inside one another");
    Result value = primary();
    --depth;
    return value;
  }

  Result primary() {
    if (consume("-")) {
      Result value = factor();
      if (!value)
        return value;
      return *value == INT64_MIN ? overflow() : Result(-*value);
    }
    consume("$");
    if (consume("(")) {
      Result value = expression();
      if (value && !consume(")"))
        return fail("expected ')'");
      return value;
    }
    StringRef word = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
    if (word.empty())
      return fail("expected a number or a parameter");
    if (llvm::isDigit(word.front())) {
      int64_t value = 0;
      if (llvm::all_of(word, llvm::isDigit) && word.getAsInteger(10, value))
        return fail("number " + word.take_front(40) + " is out of range");
      if (!llvm::all_of(word, llvm::isDigit))
        return fail("'" + word + "' is neither a number nor a parameter");
      rest = rest.drop_front(word.size());
      return value;
    }
    return parameter(word);
  }

  Result parameter(StringRef name) {
    Node *value = arguments ? arguments->lookup(name) : nullptr;
    if (!arguments)
      return fail("'" + name + "' outside of a block: only a block has parameters");
    if (!value) {
      SmallVector<StringRef> known(arguments->keys());
      llvm::sort(known);
      return fail("the block has no parameter '" + name + "'" + didYouMean(name, known));
    }
    if (!value->is(Node::Integer)) {
      InFlightDiagnostic diagnostic = reporter.error(place()) << "parameter '" << name << "' is " << describe(*value)
                                                              << ": arithmetic takes whole numbers";
      diagnostic.attachNote(reporter.getDocument().getLocation(value->offset)) << "given here";
      return std::nullopt;
    }
    rest = rest.drop_front(name.size());
    return value->integer;
  }

  /// The place in the file of what is to be read next; exact where the string has no escapes.
  size_t place() const {
    bool plain = node.end - node.offset == text.size() + 2;
    return plain ? node.offset + 1 + (text.size() - rest.size()) : node.offset;
  }
  Result fail(const Twine &message) {
    reporter.error(place()) << message << " in \"" << StringRef(text).take_front(80) << "\"";
    return std::nullopt;
  }
  Result overflow() { return fail("a number is out of range"); }

  const Node &node;
  const Arguments *arguments;
  Reporter &reporter;
  StringRef text, rest;
  unsigned depth = 0;
};

} // namespace

Node *evaluate(Node *node, const Arguments *arguments, Reporter &reporter) {
  if (node->is(Node::Array)) {
    Node list = *node;
    bool changed = false;
    for (Node *&item : list.items) {
      Node *value = evaluate(item, arguments, reporter);
      if (!value)
        return nullptr;
      changed |= value != item;
      item = value;
    }
    return changed ? reporter.getDocument().create(std::move(list)) : node;
  }
  if (!node->is(Node::String) || !StringRef(node->text).starts_with("$"))
    return node;
  Evaluator evaluator(*node, arguments, reporter);
  if (Node *value = evaluator.singleParameter())
    return value;
  Result value = evaluator.evaluate();
  if (!value)
    return nullptr;
  Node result;
  result.kind = Node::Integer;
  result.integer = *value;
  result.number = double(*value);
  result.offset = node->offset;
  result.end = node->end;
  return reporter.getDocument().create(std::move(result));
}

} // namespace dlc::importer
