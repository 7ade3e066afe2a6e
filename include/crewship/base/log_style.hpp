// How text lines look on a terminal: events padded, so that fields line up, levels and field names coloured. Lines for
// a file, a pipe or `json` stay plain. Set once, before threads.
#pragma once

namespace crewship {

// A terminal that is not dumb, and no NO_COLOR (no-color.org) in the environment.
bool wants_colour(int fd);
void colour_log(bool coloured);

}  // namespace crewship
