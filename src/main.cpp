#include <crewship/app/command_line.hpp>

int main(int argc, char** argv) { return crewship::run_command_line(argc, argv); }
