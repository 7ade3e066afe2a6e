// Added to base's precompiled header: Beast and Boost.URL, which no other room includes.
#pragma once

#include <boost/beast.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/url.hpp>
