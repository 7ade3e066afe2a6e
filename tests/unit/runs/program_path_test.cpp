#include "../../../src/runs/program_path.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "support/temp_dir.hpp"

namespace crewship {
namespace {

namespace fs = std::filesystem;

class ProgramPathTest : public testing::Test {
 protected:
  void make(const std::string& name, bool executable) {
    fs::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name) << "#!/bin/sh\n";
    fs::permissions(dir_ / name, executable ? fs::perms::owner_all : fs::perms::owner_read);
  }
  std::string at(const std::string& name) { return (dir_ / name).string(); }

  TempDir dir_;
};

TEST_F(ProgramPathTest, SearchesThePathInItsOrder) {
  make("b/tool", true);
  make("c/tool", true);
  const auto path = at("a") + ":" + at("b") + ":" + at("c");
  EXPECT_EQ(find_program("tool", path, ""), at("b/tool"));
}

TEST_F(ProgramPathTest, PassesOverWhatCannotBeExecuted) {
  make("a/tool", false);
  make("b/tool", true);
  fs::create_directories(dir_ / "0/tool");
  EXPECT_EQ(find_program("tool", at("0") + ":" + at("a") + ":" + at("b"), ""), at("b/tool"));
  EXPECT_EQ(find_program("tool", at("a"), "").error(), EACCES);
  EXPECT_EQ(find_program("tool", at("c"), "").error(), ENOENT);
  EXPECT_EQ(find_program("", at("c"), "").error(), ENOENT);
}

TEST_F(ProgramPathTest, TakesANameWithASlashFromTheWorkingDirectory) {
  EXPECT_EQ(find_program("bin/tool", "/usr/bin", at("project")), "bin/tool");
  EXPECT_EQ(find_program("./bin/tool", "", at("project")), "./bin/tool");
  EXPECT_EQ(find_program(at("project/bin/tool"), "", "/nowhere"), at("project/bin/tool"));
}

TEST_F(ProgramPathTest, ReadsRelativePartsOfThePathFromTheWorkingDirectory) {
  make("project/bin/tool", true);
  make("project/here", true);
  EXPECT_EQ(find_program("tool", "/nowhere:bin", at("project")), "bin/tool");
  EXPECT_EQ(find_program("here", ":/nowhere", at("project")), "./here");
}

}  // namespace
}  // namespace crewship
