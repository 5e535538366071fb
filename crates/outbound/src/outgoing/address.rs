//! Which addresses are part of the public internet, and why the others are not.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not one that anybody may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The machine itself (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
    Loopback,
    /// A private network (RFC 1918, RFC 3879).
    Private,
    /// The network at this cable (RFC 3927, RFC 4291 §2.5.6). Clouds keep their metadata there.
    LinkLocal,
    /// A private network of IPv6 (RFC 4193).
    UniqueLocal,
    /// Between a provider and its customers (RFC 6598).
    Shared,
    /// Where a cloud tells a machine its secrets, at an address that looks public.
    Metadata,
    /// Many machines at once (RFC 5771, RFC 4291 §2.7).
    Multicast,
    /// No address yet (RFC 1122 §3.2.1.3, RFC 4291 §2.5.2).
    Unspecified,
    /// All machines of a network (RFC 919).
    Broadcast,
    /// For examples in texts (RFC 5737, RFC 3849, RFC 9637).
    Documentation,
    /// For measuring networks (RFC 2544, RFC 5180).
    Benchmark,
    /// An IPv4 address in the clothes of IPv6, which leads who knows where (RFC 3056, RFC 4380,
    /// RFC 4291 §2.5.5.1, RFC 8215).
    Tunnel,
    /// Set aside, and given to nobody (RFC 6890).
    Reserved,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::UniqueLocal => "a unique local address",
            Self::Shared => "an address inside a provider's network",
            Self::Metadata => "an address of a cloud's metadata",
            Self::Multicast => "a multicast address",
            Self::Unspecified => "the unspecified address",
            Self::Broadcast => "the broadcast address",
            Self::Documentation => "an address for documentation",
            Self::Benchmark => "an address for benchmarks",
            Self::Tunnel => "an address of a tunnel",
            Self::Reserved => "a reserved address",
        })
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(start: [u16; 4], length: u8) -> Ipv6Net {
    let [a, b, c, d] = start;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), length)
}

/// The first that holds an address says what it is (IANA's registry of special addresses).
const V4: [(Ipv4Net, Class); 17] = [
    (v4(0, 0, 0, 0, 8), Class::Unspecified),
    (v4(10, 0, 0, 0, 8), Class::Private),
    (v4(100, 64, 0, 0, 10), Class::Shared),
    (v4(127, 0, 0, 0, 8), Class::Loopback),
    (v4(169, 254, 0, 0, 16), Class::LinkLocal),
    // Azure's, which all of its machines reach.
    (v4(168, 63, 129, 16, 32), Class::Metadata),
    (v4(172, 16, 0, 0, 12), Class::Private),
    (v4(192, 0, 0, 0, 24), Class::Reserved),
    (v4(192, 0, 2, 0, 24), Class::Documentation),
    (v4(192, 88, 99, 0, 24), Class::Tunnel),
    (v4(192, 168, 0, 0, 16), Class::Private),
    (v4(198, 18, 0, 0, 15), Class::Benchmark),
    (v4(198, 51, 100, 0, 24), Class::Documentation),
    (v4(203, 0, 113, 0, 24), Class::Documentation),
    (v4(224, 0, 0, 0, 4), Class::Multicast),
    (v4(255, 255, 255, 255, 32), Class::Broadcast),
    (v4(240, 0, 0, 0, 4), Class::Reserved),
];

/// The same for IPv6. What lies outside of `2000::/3` and is not here is reserved.
const V6: [(Ipv6Net, Class); 14] = [
    (v6([0, 0, 0, 0], 128), Class::Unspecified),
    (
        Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128),
        Class::Loopback,
    ),
    (v6([0, 0, 0, 0], 96), Class::Tunnel),
    (v6([0x64, 0xff9b, 1, 0], 48), Class::Tunnel),
    (v6([0xfe80, 0, 0, 0], 10), Class::LinkLocal),
    (v6([0xfec0, 0, 0, 0], 10), Class::Private),
    (v6([0xfc00, 0, 0, 0], 7), Class::UniqueLocal),
    (v6([0xff00, 0, 0, 0], 8), Class::Multicast),
    (v6([0x2001, 0, 0, 0], 32), Class::Tunnel),
    (v6([0x2001, 2, 0, 0], 48), Class::Benchmark),
    (v6([0x2001, 0xdb8, 0, 0], 32), Class::Documentation),
    (v6([0x3fff, 0, 0, 0], 20), Class::Documentation),
    (v6([0x2002, 0, 0, 0], 16), Class::Tunnel),
    (v6([0x2001, 0, 0, 0], 23), Class::Reserved),
];

/// All that is given to anybody of IPv6 (RFC 4291 §2.4).
const GLOBAL: Ipv6Net = v6([0x2000, 0, 0, 0], 3);
/// IPv4 as machines reach it that have IPv6 alone (RFC 6052 §2.1).
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0], 96);

/// Why this address is not public; none if it is.
pub(super) fn class(ip: IpAddr) -> Option<Class> {
    match canonical(ip) {
        IpAddr::V4(ip) => V4
            .iter()
            .find(|(network, _)| network.contains(&ip))
            .map(|(_, class)| *class),
        IpAddr::V6(ip) => V6
            .iter()
            .find(|(network, _)| network.contains(&ip))
            .map(|(_, class)| *class)
            .or((!GLOBAL.contains(&ip)).then_some(Class::Reserved)),
    }
}

/// The IPv4 address that is meant, where an IPv6 address is only a way to write or reach one.
fn canonical(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = ip else { return ip };
    if let Some(v4) = v6.to_ipv4_mapped() {
        return v4.into();
    }
    if NAT64.contains(&v6) {
        let [.., a, b, c, d] = v6.octets();
        return Ipv4Addr::new(a, b, c, d).into();
    }
    ip
}

/// Whether one of these networks holds the address.
pub(super) fn is_within(networks: &[IpNet], ip: IpAddr) -> bool {
    let meant = canonical(ip);
    networks
        .iter()
        .any(|network| network.contains(&ip) || network.contains(&meant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Option<Class> {
        class(text.parse().unwrap())
    }

    #[test]
    fn every_class_is_told() {
        for (address, wanted) in [
            ("127.0.0.1", Class::Loopback),
            ("127.255.255.254", Class::Loopback),
            ("::1", Class::Loopback),
            ("::ffff:127.0.0.1", Class::Loopback),
            ("::127.0.0.1", Class::Tunnel),
            ("64:ff9b::7f00:1", Class::Loopback),
            ("64:ff9b::169.254.169.254", Class::LinkLocal),
            ("64:ff9b:1::7f00:1", Class::Tunnel),
            ("2002:7f00:1::", Class::Tunnel),
            ("2001:0:4136:e378:8000:63bf:3fff:fdd2", Class::Tunnel),
            ("10.1.2.3", Class::Private),
            ("172.31.255.255", Class::Private),
            ("192.168.0.1", Class::Private),
            ("fec0::1", Class::Private),
            ("169.254.169.254", Class::LinkLocal),
            ("fe80::1", Class::LinkLocal),
            ("fd00:ec2::254", Class::UniqueLocal),
            ("100.100.100.200", Class::Shared),
            ("168.63.129.16", Class::Metadata),
            ("192.0.0.192", Class::Reserved),
            ("224.0.0.1", Class::Multicast),
            ("ff02::1", Class::Multicast),
            ("0.0.0.0", Class::Unspecified),
            ("0.1.2.3", Class::Unspecified),
            ("::", Class::Unspecified),
            ("255.255.255.255", Class::Broadcast),
            ("240.0.0.1", Class::Reserved),
            ("192.0.2.1", Class::Documentation),
            ("198.51.100.1", Class::Documentation),
            ("203.0.113.1", Class::Documentation),
            ("2001:db8::1", Class::Documentation),
            ("3fff:fff::1", Class::Documentation),
            ("198.19.0.1", Class::Benchmark),
            ("2001:2::1", Class::Benchmark),
            ("192.88.99.1", Class::Tunnel),
            ("100::1", Class::Reserved),
            ("5f00::1", Class::Reserved),
            ("4000::1", Class::Reserved),
        ] {
            assert_eq!(of(address), Some(wanted), "{address}");
        }
    }

    #[test]
    fn neighbours_of_what_is_forbidden_are_public() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2600::1",
            "2001:4860:4860::8888",
            "2001:200::1",
            "64:ff9b::808:808",
            "::ffff:8.8.8.8",
        ] {
            assert_eq!(of(address), None, "{address}");
        }
    }

    #[test]
    fn a_network_is_meant_in_every_way_to_write_it() {
        let networks = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        for address in [
            "10.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "fd00::1",
        ] {
            assert!(is_within(&networks, address.parse().unwrap()), "{address}");
        }
        for address in ["11.0.0.1", "::ffff:127.0.0.1", "fc00::1", "::10.0.0.1"] {
            assert!(!is_within(&networks, address.parse().unwrap()), "{address}");
        }
    }

    /// What the standard library knows to be no public address.
    fn known(ip: Ipv4Addr) -> bool {
        ip.is_private()
            || ip.is_loopback()
            || ip.is_link_local()
            || ip.is_multicast()
            || ip.is_broadcast()
            || ip.is_documentation()
            || ip.is_unspecified()
    }

    /// An address of a network, by its number within.
    fn within(network: Ipv4Net, at: u32) -> Ipv4Addr {
        let host = u32::from(network.hostmask());
        Ipv4Addr::from(u32::from(network.network()) | (at & host))
    }

    proptest! {
        #[test]
        fn the_standard_library_forbids_nothing_that_is_allowed_here(number: u32) {
            let ip = Ipv4Addr::from(number);
            prop_assert!(!known(ip) || class(ip.into()).is_some());
        }

        #[test]
        fn no_forbidden_address_is_reached_in_the_clothes_of_another(
            which in 0..V4.len(), at: u32, high: u64, low: u32,
        ) {
            let ip = within(V4[which].0, at);
            let [a, b, c, d] = ip.octets();
            let (left, right) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            let [h1, h2, h3, h4] = [high >> 48, high >> 32, high >> 16, high]
                .map(|part| u16::try_from(part & 0xffff).unwrap_or(0));
            let [l1, l2] = [low >> 16, low & 0xffff].map(|part| u16::try_from(part).unwrap_or(0));
            let forms: [IpAddr; 7] = [
                ip.into(),
                ip.to_ipv6_mapped().into(),
                Ipv6Addr::new(0, 0, 0, 0, 0, 0, left, right).into(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, left, right).into(),
                Ipv6Addr::new(0x64, 0xff9b, 1, h1, h2, h3, left, right).into(),
                Ipv6Addr::new(0x2002, left, right, h1, h2, h3, h4, l1).into(),
                Ipv6Addr::new(0x2001, 0, left, right, h1, l1, !left, l2).into(),
            ];
            for form in forms {
                prop_assert!(class(form).is_some(), "{form}");
            }
        }

        #[test]
        fn only_global_unicast_of_ipv6_is_public(number: u128) {
            let ip = Ipv6Addr::from(number);
            let embeds = ip.to_ipv4_mapped().is_some() || NAT64.contains(&ip);
            prop_assert!(embeds || number >> 125 == 1 || class(ip.into()).is_some());
            let global = Ipv6Addr::from((number >> 3) | (1 << 125));
            let special = V6.iter().any(|(network, _)| network.contains(&global));
            prop_assert_eq!(class(global.into()).is_some(), special);
        }
    }
}
