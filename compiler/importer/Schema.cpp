// Writes the JSON Schema of the network file from the table of layers.
#include "compiler/importer/Importer.h"
#include "compiler/importer/LayerTable.h"
#include "dialects/nn/TrainingSettings.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <limits>

namespace dlc::importer {

namespace {

using llvm::StringRef;
using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

Object reference(StringRef definition) { return Object{{"$ref", ("#/$defs/" + definition).str()}}; }

Object described(Object schema, StringRef description) {
  schema["description"] = description.str(); // a Value does not own a StringRef
  return schema;
}

Object typed(StringRef type, StringRef description = "") {
  Object schema{{"type", type}};
  return description.empty() ? std::move(schema) : described(std::move(schema), description);
}

Object wholeNumber(int64_t minimum) { return Object{{"type", "integer"}, {"minimum", minimum}}; }

Object list(Value items, int64_t least, std::optional<int64_t> most = std::nullopt) {
  Object schema{{"type", "array"}, {"items", std::move(items)}, {"minItems", least}};
  if (most)
    schema["maxItems"] = *most;
  return schema;
}

/// An object with these keys and no others.
Object closedObject(Object properties, Array required, StringRef description) {
  return Object{{"type", "object"},
                {"description", description.str()},
                {"properties", std::move(properties)},
                {"required", std::move(required)},
                {"additionalProperties", false}};
}

//===----------------------------------------------------------------------===//
// Values of settings
//===----------------------------------------------------------------------===//

StringRef nameOf(Kind kind) {
  static constexpr llvm::StringLiteral names[] = {"size",    "padding",  "integers", "shape",
                                                  "integer", "positive", "number",   "boolean"};
  return names[size_t(kind)];
}

/// What a value of each kind may be; within blocks an expression too, also in lists.
void defineKinds(Object &definitions) {
  auto orExpression = [](Object schema) {
    return Object{{"anyOf", Array{std::move(schema), reference("expression")}}};
  };
  auto define = [&](StringRef name, StringRef description, Array choices) {
    choices.push_back(reference("expression"));
    definitions[name] = Object{{"description", description}, {"anyOf", std::move(choices)}};
  };
  definitions["expression"] = described(Object{{"type", "string"}, {"pattern", "^\\$"}},
                                        "In a block: one of its parameters or arithmetic over them, such as "
                                        "\"$channels*4\"; + - * / // % and parentheses.");
  define("integer", "A whole number.", Array{typed("integer")});
  define("positive", "A positive whole number.", Array{wholeNumber(1)});
  define("number", "A number.", Array{typed("number")});
  define("boolean", "true or false.", Array{typed("boolean")});
  define("integers", "A list of whole numbers.", Array{list(orExpression(typed("integer")), 0)});
  define("size", "A size in the plane: a number, or [height, width].",
         Array{wholeNumber(1), list(orExpression(wholeNumber(1)), 2, 2)});
  define("padding", "Padding: a number, [height, width], [top, left, bottom, right], \"same\" or \"valid\".",
         Array{wholeNumber(0), list(orExpression(wholeNumber(0)), 2, 2), list(orExpression(wholeNumber(0)), 4, 4),
               Object{{"enum", Array{"same", "valid"}}}});
  Object shape = list(orExpression(wholeNumber(-1)), 1);
  shape["prefixItems"] = Array{Object{{"anyOf", Array{Object{{"const", "batch"}}, orExpression(wholeNumber(-1))}}}};
  define("shape", "A shape: whole numbers, of which one may be -1 (what is left); the first may be \"batch\".",
         Array{std::move(shape)});
}

Object settingSchema(const Setting &setting) {
  Object schema = reference(nameOf(setting.kind));
  if (!setting.summary.empty())
    schema["description"] = setting.summary;
  if (!setting.follows.empty())
    schema["description"] = ("As '" + setting.follows + "' unless given.").str();
  if (!setting.defaultValue.empty())
    schema["default"] = llvm::cantFail(llvm::json::parse(setting.defaultValue));
  return schema;
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

/// The keys that every layer has.
Object placement(int64_t leastInputs, std::optional<int64_t> mostInputs) {
  return Object{
      {"name", reference("name")},
      {"op", true},
      {"input", reference("input_name")},
      {"inputs", described(list(reference("input_name"), leastInputs, mostInputs), "The names of what it reads.")},
      {"trainable", described(reference("boolean"), "false: training leaves its parameters alone.")}};
}

Object layerSchema(const Layer &layer) {
  bool isVariadic = llvm::any_of(layer.operands, [](const Operand &o) { return o.role == Operand::Inputs; });
  int64_t inputs = llvm::count_if(layer.operands, [](const Operand &o) { return o.role != Operand::Parameter; });
  Object properties = placement(inputs, isVariadic ? std::nullopt : std::make_optional(inputs));
  Array required{"op"};
  if (layer.hasParameters())
    required.push_back("name");
  for (const Setting &setting : layer.settings) {
    properties[setting.name] = settingSchema(setting);
    if (setting.required)
      required.push_back(setting.name);
  }
  if (inputs > 1 && !isVariadic) { // the layer before it is not enough
    properties.erase("input");
    required.push_back("inputs");
  }
  std::string description = layer.summary.str();
  if (!layer.description.empty())
    description += "\n\n" + layer.description.str();
  return closedObject(std::move(properties), std::move(required), description);
}

/// A layer is what its op says: one of dlc's own, or else the use of a block.
void defineLayers(Object &definitions) {
  Array choices, names, cases;
  for (const Layer &layer : getLayers()) {
    std::string definition = ("layer." + layer.name).str();
    definitions[definition] = layerSchema(layer);
    names.push_back(layer.name);
    choices.push_back(Object{{"const", layer.name}, {"description", layer.summary}});
    cases.push_back(Object{{"if", Object{{"properties", Object{{"op", Object{{"const", layer.name}}}}}}},
                           {"then", reference(definition)}});
  }
  choices.push_back(typed("string", "One of the file's own blocks."));
  cases.push_back(Object{{"if", Object{{"properties", Object{{"op", Object{{"enum", std::move(names)}}}}}}},
                         {"else", reference("use")}});
  definitions["layer"] =
      Object{{"type", "object"},
             {"description", "A layer. It reads the one before it unless 'input' or 'inputs' says otherwise."},
             {"properties", Object{{"op", Object{{"anyOf", std::move(choices)}}}}},
             {"required", Array{"op"}},
             {"not", Object{{"required", Array{"input", "inputs"}}}},
             {"allOf", std::move(cases)}};

  Object use = placement(1, 1);
  use["repeat"] =
      described(reference("positive"), "How often the block stands one after the other, as NAME.0, NAME.1 …");
  use["start"] = described(Object{{"anyOf", Array{wholeNumber(0), reference("expression")}}, {"default", 0}},
                           "The first number of a repeated block.");
  definitions["use"] = Object{{"type", "object"},
                              {"description", "The use of a block. Further keys are the values of its parameters."},
                              {"properties", std::move(use)},
                              {"required", Array{"op"}}};
  definitions["layers"] = list(reference("layer"), 1);
  definitions["block"] = closedObject(
      Object{{"parameters", described(list(Object{{"type", "string"}, {"pattern", "^[A-Za-z_][A-Za-z0-9_]*$"}}, 0),
                                      "Names of values that each use gives.")},
             {"layers", described(reference("layers"),
                                  "The first layer reads the use's input, which \"$input\" names elsewhere; the "
                                  "last one is the use's output.")}},
      Array{"layers"}, "A layer of the file's own.");
}

//===----------------------------------------------------------------------===//
// The rest of the file
//===----------------------------------------------------------------------===//

Object inputSchema() {
  Object dim = described(wholeNumber(1), "A size.");
  Object shape = described(list(Value(Object(dim)), 1), "The logical shape, [batch, channels, height, width].");
  shape["prefixItems"] = Array{Object{{"anyOf", Array{Object{{"const", "batch"}}, std::move(dim)}}}};
  Value values = Object{{"anyOf", Array{typed("number"), list(typed("number"), 1)}}};
  Object normalize = closedObject(Object{{"mean", Value(values)}, {"std", std::move(values)}}, {},
                                  "(x - mean) / std, one value a channel or one for all; 8-bit values are divided by "
                                  "255 first.");
  return closedObject(
      Object{
          {"shape", std::move(shape)},
          {"type",
           Object{{"enum", Array{"f32", "u8", "i8"}}, {"default", "f32"}, {"description", "What the program holds."}}},
          {"layout",
           Object{{"enum", Array{"NCHW", "NHWC"}}, {"default", "NCHW"}, {"description", "How the program holds it."}}},
          {"normalize", std::move(normalize)},
          {"requires_grad", typed("boolean", "Whether the program asks for this input's gradient.")}},
      Array{"shape"}, "An input of the network.");
}

Object trainingSettingSchema(const nn::TrainingSetting &setting) {
  using Kind = nn::TrainingSetting;
  constexpr double unlimited = std::numeric_limits<double>::max();
  Object number{{"type", "number"}};
  if (setting.low != -unlimited)
    number["minimum"] = setting.low;
  if (setting.high != unlimited)
    number["maximum"] = setting.high;
  Object schema;
  switch (setting.kind) {
  case Kind::Number:
    schema = std::move(number);
    schema["default"] = setting.defaults[0];
    break;
  case Kind::Flag:
    schema = Object{{"type", "boolean"}, {"default", setting.defaults[0] != 0}};
    break;
  case Kind::Reduction:
    schema = Object{{"enum", Array{"mean", "sum"}}, {"default", "mean"}};
    break;
  case Kind::Numbers:
    schema = setting.count ? list(std::move(number), setting.count, setting.count) : list(std::move(number), 1);
    break;
  }
  return described(std::move(schema), setting.summary);
}

/// One of `parts`, each of which may also have the keys `others`.
Object partsSchema(llvm::ArrayRef<nn::TrainingPart> parts, const Object &others) {
  Array choices;
  for (const nn::TrainingPart &part : parts) {
    Object properties = others;
    properties["op"] = Object{{"const", part.name}};
    for (const nn::TrainingSetting &setting : part.settings)
      properties[setting.name] = trainingSettingSchema(setting);
    choices.push_back(closedObject(std::move(properties), Array{"op"}, part.summary));
  }
  return Object{{"oneOf", std::move(choices)}};
}

Object trainingSchema() {
  Object names{{"input", typed("string", "The layer that it reads; the network's only output unless given.")},
               {"target", typed("string", "What the program calls the target.")}};
  Object loss = partsSchema(nn::getLosses(), names);
  Object several = list(Value(Object(loss)), 1);
  Object losses{{"anyOf", Array{std::move(loss), std::move(several)}},
                {"description", "What is minimised; several are added up. Without one the program provides the "
                                "gradients of the outputs."}};
  return closedObject(Object{{"loss", std::move(losses)},
                             {"optimizer", partsSchema(nn::getOptimizers(), {})},
                             {"schedule", partsSchema(nn::getSchedules(), {})}},
                      Array{"optimizer"}, "How the network is trained.");
}

} // namespace

void writeSchema(llvm::raw_ostream &out) {
  Object definitions;
  definitions["name"] = Object{{"type", "string"}, {"minLength", 1}};
  definitions["input_name"] = described(reference("name"), "The name of what the layer reads; \"$input\" in a block.");
  defineKinds(definitions);
  defineLayers(definitions);
  definitions["input"] = inputSchema();

  Object properties{
      {"$schema", typed("string", "Where this schema is, for editors.")},
      {"dlc", Object{{"const", 1}, {"description", "The version of the format."}}},
      {"name", Object{{"type", "string"},
                      {"pattern", "^[A-Za-z_][A-Za-z0-9_]*$"},
                      {"description", "The network's name: functions of the compiled network begin with it."}}},
      {"inputs", Object{{"type", "object"}, {"additionalProperties", reference("input")}, {"minProperties", 1}}},
      {"blocks", Object{{"type", "object"}, {"additionalProperties", reference("block")}}},
      {"layers", reference("layers")},
      {"outputs", described(list(reference("name"), 1), "Names of layers; the last layer unless given.")},
      {"weights", typed("string", "A .safetensors or .npz file, relative to this one.")},
      {"training", trainingSchema()}};
  Object schema = closedObject(std::move(properties), Array{"dlc", "name", "inputs", "layers"},
                               "A network, to be compiled by dlc.");
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "dlc network";
  schema["$defs"] = std::move(definitions);
  out << llvm::formatv("{0:2}", Value(std::move(schema))) << "\n";
}

} // namespace dlc::importer
