// As base's, plus Beast and Boost.URL, which no other room includes.
#pragma once

#include "../base/precompiled.hpp"

#include <boost/beast.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/url.hpp>
