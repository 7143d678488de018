//! Which thing holds an address: ranges by prefix, the longest first.
//!
//! A table of hashes per length of prefix, because a model has few lengths and a look-up is on the way of every network
//! event. Who held an address when is judged by the caller.

use crate::constant::Net;
use hashbrown::HashMap;
use std::net::Ipv6Addr;

/// Things by range of addresses.
#[derive(Clone, Debug)]
pub(crate) struct Prefixes<T> {
    by_net: HashMap<Net, Vec<T>, foldhash::fast::FixedState>,
    /// Lengths in use, the longest first.
    lengths: Vec<u8>,
}

impl<T> Default for Prefixes<T> {
    fn default() -> Self {
        Prefixes { by_net: HashMap::default(), lengths: Vec::new() }
    }
}

impl<T> Prefixes<T> {
    /// Adds a thing under a range.
    pub fn insert(&mut self, net: Net, thing: T) {
        self.by_net.entry(net.trunc()).or_default().push(thing);
        let place = self.lengths.partition_point(|length| *length > net.prefix_len());
        if self.lengths.get(place) != Some(&net.prefix_len()) {
            self.lengths.insert(place, net.prefix_len());
        }
    }

    /// Everything whose range holds the address, the longest prefix first, each range in the order of insertion.
    pub fn holding(&self, address: Ipv6Addr) -> impl Iterator<Item = &T> {
        self.lengths
            .iter()
            .filter_map(move |length| {
                let net = Net::new(address, *length).ok()?.trunc();
                self.by_net.get(&net)
            })
            .flatten()
    }
}

/// Addresses that many sites use at once: they name a thing within one site only.
pub(crate) fn is_private(address: Ipv6Addr) -> bool {
    match address.to_ipv4_mapped() {
        Some(v4) => {
            v4.is_private()
                || v4.is_link_local()
                || v4.is_loopback()
                || (v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64)
        }
        None => address.is_unique_local() || address.is_unicast_link_local() || address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constant::net;
    use event::value::store_ip;

    #[test]
    fn the_longest_prefix_comes_first() {
        let mut prefixes = Prefixes::default();
        for (range, name) in
            [("10.0.0.0/8", "wide"), ("10.9.0.7", "one"), ("10.9.0.0/16", "near"), ("::/0", "all")]
        {
            prefixes.insert(net(range).unwrap(), name);
        }
        let at = |ip: &str| prefixes.holding(store_ip(ip.parse().unwrap())).copied().collect::<Vec<_>>();
        assert_eq!(at("10.9.0.7"), ["one", "near", "wide", "all"]);
        assert_eq!(at("10.1.0.7"), ["wide", "all"]);
        assert_eq!(at("2001:db8::1"), ["all"]);
    }
}
