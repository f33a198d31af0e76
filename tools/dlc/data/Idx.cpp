// MNIST's idx files: two zero bytes, a type, the rank; the extents as big-endian 32-bit numbers; the elements.
//
// zlib reads them whether they are packed or not.
#include "tools/dlc/Failure.h"
#include "tools/dlc/data/Formats.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"

#include <zlib.h>

using namespace llvm;
using namespace dlc;

namespace {

struct GzClose {
  void operator()(gzFile_s *file) const { gzclose_r(file); }
};

/// The elements of an idx file, bytes.
struct IdxFile {
  std::string path;
  SmallVector<int64_t, 4> shape;
  Bytes bytes;
};

class IdxDataset : public Dataset {
public:
  IdxDataset(IdxFile images, const IdxFile &labelFile) : images(std::move(images)) {
    count = this->images.shape.front();
    shape.assign(this->images.shape.begin() + 1, this->images.shape.end());
    if (shape.size() == 2) // grey
      shape.insert(shape.begin(), 1);
    labels.assign(labelFile.bytes.get(), labelFile.bytes.get() + count);
  }
  void setClasses(std::vector<std::string> names) { classes = std::move(names); }

  Error read(int64_t item, MutableArrayRef<uint8_t> bytes) const override {
    std::copy_n(images.bytes.get() + item * bytes.size(), bytes.size(), bytes.begin());
    return Error::success();
  }
  std::string describe(int64_t item) const override { return images.path + ": record " + std::to_string(item); }

private:
  IdxFile images;
};

} // namespace

//===----------------------------------------------------------------------===//
// One file
//===----------------------------------------------------------------------===//

/// Reads up to `count` bytes; fewer at the file's end, or where the packed data
/// are damaged, which `fault` then says.
static uint64_t readSome(gzFile file, uint8_t *bytes, uint64_t count, std::string &fault) {
  uint64_t done = 0;
  while (done < count) {
    const int got = gzread(file, bytes + done, static_cast<unsigned>(std::min<uint64_t>(count - done, 1 << 30)));
    if (got <= 0)
      break;
    done += got;
  }
  int status;
  const char *message = gzerror(file, &status);
  if (status == Z_BUF_ERROR)
    fault = "the gzip data are cut short";
  else if (status != Z_OK && status != Z_STREAM_END)
    fault = std::string("the gzip data are damaged (") + StringRef(message).rsplit(": ").second.str() + ")";
  return done;
}

/// Deflate packs no better than 1032 to 1, so that a larger promise is a lie.
static constexpr uint64_t greatestRatio = 1032;

/// Reads a file that must hold bytes in `ranks` dimensions; `what` an item is.
static Expected<IdxFile> readIdx(const std::string &path, StringRef what, ArrayRef<int64_t> ranks) {
  const std::unique_ptr<gzFile_s, GzClose> file(gzopen(path.c_str(), "rbe"));
  if (!file)
    return failure(exitEnvironment, path + ": " + std::generic_category().message(errno));
  std::string fault;
  auto fail = [&](const Twine &message) { return failure(exitInput, path + ": " + message); };

  // 1. The header.
  uint8_t start[4], extent[4];
  if (readSome(file.get(), start, 4, fault) < 4)
    return fail(fault.empty() ? "is too short for an idx file" : fault + " in the header");
  constexpr uint8_t typeU8 = 8;
  if (start[0] || start[1])
    return fail("is no idx file: it does not begin with two zero bytes");
  if (start[2] != typeU8)
    return fail("holds elements of idx type " + Twine(int(start[2])) + "; bytes, type 8, are read");
  if (!is_contained(ranks, start[3]))
    return fail("holds " + Twine(int(start[3])) + "-dimensional data, which are no " + what);
  IdxFile result = {path, {}, nullptr};
  std::optional<int64_t> size = 1;
  for (int i = 0; i < start[3]; ++i) {
    if (readSome(file.get(), extent, 4, fault) < 4)
      return fail((fault.empty() ? "ends" : fault) + " in the header");
    const int64_t value = support::endian::read32be(extent);
    result.shape.push_back(value);
    int64_t product;
    size = size && !MulOverflow(*size, value, product) ? std::optional(product) : std::nullopt;
  }
  if (is_contained(ArrayRef(result.shape).drop_front(), 0))
    return fail("holds " + what + " of no size: " + describeShape(result.shape));

  // 2. As many elements as it says. The file's size bounds what is believed.
  uint64_t fileSize = 0;
  if (std::error_code error = sys::fs::file_size(path, fileSize))
    return failure(exitEnvironment, path + ": " + error.message());
  if (!size || static_cast<uint64_t>(*size) / greatestRatio > fileSize)
    return fail("promises " + what + " of shape " + describeShape(result.shape) +
                ", which a file of its size cannot hold: it is cut short or damaged");
  result.bytes = allocateBytes(*size);
  if (!result.bytes)
    return outOfMemory(path, *size);
  const int64_t done = static_cast<int64_t>(readSome(file.get(), result.bytes.get(), *size, fault));
  if (done < *size)
    return fail((fault.empty() ? "ends" : fault) + " in record " + Twine(done / (*size / result.shape.front())) +
                " of " + Twine(result.shape.front()));

  // 3. Nothing behind them; at the end zlib compares the checksum.
  if (readSome(file.get(), extent, 1, fault) > 0)
    return fail("goes on behind its last record, " + Twine(result.shape.front() - 1));
  if (!fault.empty())
    return fail(fault + " at the end");
  return result;
}

//===----------------------------------------------------------------------===//
// The files of a folder
//===----------------------------------------------------------------------===//

namespace {
/// Files of one part; empty where there are none.
struct PartFiles {
  std::string images, labels;
};
struct FolderFiles {
  PartFiles training, test;
};
} // namespace

/// Of a file that is there packed and unpacked, the unpacked one is taken: in
/// the order of names it comes first.
static FolderFiles findFiles(const FolderContent &content) {
  static const Regex pattern("(train|t10k|test)-(images|labels)[.-]idx[0-9]-ubyte(\\.gz)?$");
  FolderFiles found;
  for (const std::string &path : content.files) {
    SmallVector<StringRef> words;
    if (!pattern.match(sys::path::filename(path), &words))
      continue;
    PartFiles &part = words[1] == "train" ? found.training : found.test;
    std::string &file = words[2] == "images" ? part.images : part.labels;
    if (file.empty())
      file = path;
  }
  return found;
}

static bool isHere(const FolderContent &content) {
  const FolderFiles files = findFiles(content);
  return !files.training.images.empty() || !files.training.labels.empty() || !files.test.images.empty() ||
         !files.test.labels.empty();
}

/// Null where there are no files.
static Expected<std::shared_ptr<IdxDataset>> openPart(StringRef folder, const PartFiles &files,
                                                      const DatasetOptions &options) {
  if (files.images.empty() && files.labels.empty())
    return nullptr;
  if (files.images.empty() || files.labels.empty())
    return failure(exitInput, folder + ": " + sys::path::filename(files.images + files.labels) + " has no file of " +
                                  (files.images.empty() ? "images" : "labels") + " beside it");
  Expected<IdxFile> images = readIdx(files.images, "images", {3, 4});
  if (!images)
    return images.takeError();
  Expected<IdxFile> labels = readIdx(files.labels, "labels", {1});
  if (!labels)
    return labels.takeError();
  if (images->shape.front() != labels->shape.front())
    return failure(exitInput, files.labels + ": holds " + Twine(labels->shape.front()) + " labels for the " +
                                  Twine(images->shape.front()) + " images of " + sys::path::filename(files.images));
  if (images->shape.front() == 0)
    return failure(exitInput, files.images + ": holds no records");
  auto part = std::make_shared<IdxDataset>(std::move(*images), *labels);
  if (Error error = checkShape(files.images, part->getShape(), options))
    return error;
  return part;
}

static Expected<DatasetParts> open(StringRef folder, const FolderContent &content, const DatasetOptions &options) {
  const FolderFiles files = findFiles(content);
  DatasetParts parts;
  std::vector<ArrayRef<int64_t>> labels;
  std::vector<std::pair<std::shared_ptr<IdxDataset>, StringRef>> opened;
  for (auto [place, names] : {std::pair(&parts.training, &files.training), std::pair(&parts.test, &files.test)}) {
    Expected<std::shared_ptr<IdxDataset>> part = openPart(folder, *names, options);
    if (!part)
      return part.takeError();
    *place = *part;
    if (!*part)
      continue;
    opened.emplace_back(*part, names->labels);
    labels.push_back((*part)->getLabels());
  }
  const std::vector<std::string> classes = numberClasses(labels, options);
  for (auto &[part, path] : opened) {
    part->setClasses(classes);
    if (Error error = checkLabels(part->getLabels(), classes.size(),
                                  [path = path](int64_t item) { return (path + ": record " + Twine(item)).str(); }))
      return error;
  }
  return parts;
}

const DatasetFormat dlc::idxFormat = {"idx files (train-images-idx3-ubyte …)", isHere, open};
