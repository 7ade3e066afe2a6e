// Beast's and Boost.URL's own code, compiled once (BOOST_BEAST_SEPARATE_COMPILATION). Compiling Boost.URL in, rather
// than linking Debian's library, leaves the daemon with one runtime dependency less.
#include <boost/beast/src.hpp>
#include <boost/url/src.hpp>
