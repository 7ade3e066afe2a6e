#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <crewship/domain/address.hpp>

#include "address_bits.hpp"
#include "words.hpp"

namespace crewship {
namespace {

using V4 = std::array<std::uint8_t, 4>;
using V6 = std::array<std::uint8_t, 16>;

template <class Bytes>
struct Block {
  Bytes network{};
  int bits = 0;
  AddressClass address_class = AddressClass::reserved;
};

using enum AddressClass;

// The first block that holds an address decides. Cloud metadata are the addresses at which the machines of a cloud find
// credentials: AWS, Google, Azure and most others; containers and pods of AWS; Alibaba; Azure's wire server; Oracle.
constexpr std::array v4_blocks{
    Block<V4>{{169, 254, 169, 254}, 32, cloud_metadata},
    Block<V4>{{169, 254, 170, 2}, 32, cloud_metadata},
    Block<V4>{{169, 254, 170, 23}, 32, cloud_metadata},
    Block<V4>{{100, 100, 100, 200}, 32, cloud_metadata},
    Block<V4>{{168, 63, 129, 16}, 32, cloud_metadata},
    Block<V4>{{192, 0, 0, 192}, 32, cloud_metadata},
    Block<V4>{{0, 0, 0, 0}, 32, unspecified},
    Block<V4>{{0, 0, 0, 0}, 8, reserved},  // "this network"
    Block<V4>{{10, 0, 0, 0}, 8, private_network},
    Block<V4>{{100, 64, 0, 0}, 10, carrier_grade_nat},
    Block<V4>{{127, 0, 0, 0}, 8, loopback},
    Block<V4>{{169, 254, 0, 0}, 16, link_local},
    Block<V4>{{172, 16, 0, 0}, 12, private_network},
    Block<V4>{{192, 0, 0, 0}, 24, reserved},    // IETF protocol assignments
    Block<V4>{{192, 0, 2, 0}, 24, reserved},    // documentation
    Block<V4>{{192, 88, 99, 0}, 24, reserved},  // 6to4 relays, given up by RFC 7526
    Block<V4>{{192, 168, 0, 0}, 16, private_network},
    Block<V4>{{198, 18, 0, 0}, 15, reserved},    // benchmarking
    Block<V4>{{198, 51, 100, 0}, 24, reserved},  // documentation
    Block<V4>{{203, 0, 113, 0}, 24, reserved},   // documentation
    Block<V4>{{224, 0, 0, 0}, 4, multicast},
    Block<V4>{{240, 0, 0, 0}, 4, reserved},  // future use, and the broadcast address
};

constexpr std::array v6_blocks{
    Block<V6>{{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, cloud_metadata},  // AWS
    Block<V6>{{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x23}, 128, cloud_metadata},  // pods of AWS
    Block<V6>{{0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54}, 128, cloud_metadata},  // Google
    Block<V6>{{}, 128, unspecified},
    Block<V6>{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, loopback},
    Block<V6>{{0x00, 0x64, 0xff, 0x9b}, 96, global},  // NAT64: as good as the IPv4 address in it
    Block<V6>{{0xfc}, 7, unique_local},
    Block<V6>{{0xfe, 0x80}, 10, link_local},
    Block<V6>{{0xfe, 0xc0}, 10, private_network},  // site-local, given up by RFC 3879
    Block<V6>{{0xff}, 8, multicast},
    Block<V6>{{0x20, 0x01, 0x00}, 23, reserved},        // IETF protocol assignments, Teredo among them
    Block<V6>{{0x20, 0x01, 0x0d, 0xb8}, 32, reserved},  // documentation
    Block<V6>{{0x20, 0x02}, 16, reserved},              // 6to4
    Block<V6>{{0x3f, 0xff, 0x00}, 20, reserved},        // documentation
    Block<V6>{{0x20}, 3, global},
    // Whatever is left is not global unicast: IPv4-compatible, 64:ff9b:1::/48, 100::/64, 5f00::/16 and the unassigned.
};

// Where an IPv6 address carries an IPv4 one, and with which bits turned over.
struct Embedding {
  V6 network{};
  int bits = 0;
  std::array<std::size_t, 4> at{};
  std::uint8_t inverted = 0;
};

constexpr std::array<std::size_t, 4> last_four{12, 13, 14, 15};

constexpr std::array embeddings{
    Embedding{{}, 96, last_four},                                          // compatible
    Embedding{{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0}, 96, last_four},  // translated (RFC 2765)
    Embedding{{0x00, 0x64, 0xff, 0x9b}, 96, last_four},                    // NAT64
    Embedding{{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48, last_four},              // local NAT64
    Embedding{{0x20, 0x02}, 16, {2, 3, 4, 5}},                             // 6to4
    Embedding{{0x20, 0x01, 0, 0}, 32, {4, 5, 6, 7}},                       // Teredo: its server
    Embedding{{0x20, 0x01, 0, 0}, 32, last_four, 0xff},                    // Teredo: its client
};

constexpr std::array class_words{
    Word{global, "a global address"},
    Word{loopback, "a loopback address"},
    Word{private_network, "a private address"},
    Word{link_local, "a link-local address"},
    Word{unique_local, "a unique local address"},
    Word{multicast, "a multicast address"},
    Word{unspecified, "the unspecified address"},
    Word{carrier_grade_nat, "a carrier-grade NAT address"},
    Word{cloud_metadata, "a cloud metadata address"},
    Word{reserved, "a reserved address"},
};

// From harmless to what hurts most when a request gets there.
constexpr std::array by_harm{global,          reserved,     multicast,  unspecified, carrier_grade_nat,
                             private_network, unique_local, link_local, loopback,    cloud_metadata};

AddressClass worse(AddressClass left, AddressClass right) {
  return std::max(left, right, [](AddressClass a, AddressClass b) {
    return std::ranges::find(by_harm, a) < std::ranges::find(by_harm, b);
  });
}

template <class Bytes>
AddressClass first_match(std::span<const Block<Bytes>> blocks, const Bytes& address, AddressClass otherwise) {
  for (const auto& block : blocks) {
    if (same_first_bits(address, block.network, block.bits)) return block.address_class;
  }
  return otherwise;
}

AddressClass classify_v4(const V4& address) { return first_match<V4>(v4_blocks, address, global); }

AddressClass classify_v6(const V6& address) {
  auto result = first_match<V6>(v6_blocks, address, reserved);
  for (const auto& embedding : embeddings) {
    if (!same_first_bits(address, embedding.network, embedding.bits)) continue;
    V4 inner{};
    for (std::size_t i = 0; i < inner.size(); ++i) {
      inner[i] = static_cast<std::uint8_t>(address[embedding.at[i]] ^ embedding.inverted);
    }
    result = worse(result, classify_v4(inner));
  }
  return result;
}

}  // namespace

std::string_view to_string(AddressClass address_class) { return word_of(class_words, address_class); }

AddressClass classify(const IpAddress& address) {
  if (!address.is_v4 && !is_v4_mapped(address)) return classify_v6(address.bytes);
  const auto& b = address.bytes;
  return classify_v4({b[12], b[13], b[14], b[15]});
}

bool may_dial(const IpAddress& address, const std::vector<Cidr>& allowed) {
  const bool listed = std::ranges::any_of(allowed, [&](const Cidr& cidr) { return cidr.contains(address); });
  return listed || classify(address) == AddressClass::global;
}

}  // namespace crewship
