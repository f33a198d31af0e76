// The arithmetic over a block's parameters: "$channels*4".
#ifndef DLC_COMPILER_IMPORTER_EXPRESSION_H
#define DLC_COMPILER_IMPORTER_EXPRESSION_H

#include "compiler/importer/Reporter.h"

#include "llvm/ADT/StringMap.h"

namespace dlc::importer {

/// What the parameters of a block stand for in one of its uses.
using Arguments = llvm::StringMap<Node *>;

/// The value that `node` stands for: a string that begins with `$` is an
/// expression, a list may hold some, all else stands for itself.
///
///     expression = term { ("+" | "-") term }
///     term       = factor { ("*" | "/" | "//" | "%") factor }
///     factor     = "-" factor | ["$"] ( number | parameter | "(" expression ")" )
///
/// A single parameter may be any value; arithmetic is over whole numbers: `/`
/// must come out even, `//` rounds down and `%` is what it leaves, as in Python.
/// `arguments` is null outside of blocks. Null after a diagnostic.
Node *evaluate(Node *node, const Arguments *arguments, Reporter &reporter);

} // namespace dlc::importer

#endif // DLC_COMPILER_IMPORTER_EXPRESSION_H
