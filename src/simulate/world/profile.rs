//! Wallet software, as it shows in the transactions that it makes. The profiles are modelled after kinds of software, not after any
//! one program, and their years are those in which such software was common.

use crate::simulate::world::keys::Lock;
use crate::simulate::world::rng::Random;

/// Where the change stands among the outputs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::simulate) enum Order {
    ChangeFirst,
    ChangeLast,
    /// All outputs in random order.
    Random,
    /// Inputs and outputs in the order of BIP69.
    Bip69,
}

/// Which coins are spent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::simulate) enum Selection {
    Oldest,
    Largest,
    Random,
    /// The smallest coin that is enough, if there is one; else the largest first.
    Closest,
}

/// What the locktime says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::simulate) enum Locktime {
    Zero,
    /// The height of the last block.
    Height,
    /// That, and up to a hundred less in one of ten.
    HeightOrBefore,
}

/// Where change goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::simulate) enum Change {
    /// To a fresh address of the wallet's own kind.
    Fresh,
    /// To a fresh address of the payee's kind where the wallet has such keys.
    LikePayee,
    /// Back to the address of the first input.
    Back,
}

/// One kind of software.
pub(in crate::simulate) struct Profile {
    pub name: &'static str,
    pub lock: Lock,
    /// The first and last year in which it is installed, and in which most do.
    pub years: [f64; 3],
    /// How many install it then; nobody but services has those of weight 0.
    pub weight: u32,
    pub selection: Selection,
    pub order: Order,
    pub change: Change,
    pub locktime: Locktime,
    pub sequence: u32,
    pub version: u32,
    pub low_r: bool,
    /// In so many of a thousand cases it gives an address again.
    pub reuse: u32,
    /// So many of a thousand payments are of a round amount.
    pub round: u32,
    /// So many of a thousand payments are to several at once.
    pub batch: u32,
}

const FINAL: u32 = 0xffff_ffff;
const LOCKTIME_ONLY: u32 = 0xffff_fffe;
const REPLACEABLE: u32 = 0xffff_fffd;

/// What the others differ from.
const PLAIN: Profile = Profile {
    name: "",
    lock: Lock::P2pkh,
    years: [2011.0, 2011.0, 2100.0],
    weight: 0,
    selection: Selection::Random,
    order: Order::Random,
    change: Change::Fresh,
    locktime: Locktime::Zero,
    sequence: FINAL,
    version: 1,
    low_r: false,
    reuse: 50,
    round: 350,
    batch: 0,
};

/// All profiles; entities and transactions name them by their place here.
pub(in crate::simulate) static PROFILES: [Profile; 22] = [
    Profile { name: "node-early", lock: Lock::P2pkhLong, years: [2009.0, 2010.5, 2012.3], weight: 100, reuse: 100, ..PLAIN },
    Profile { name: "node-compressed", years: [2012.0, 2013.0, 2015.0], weight: 60, reuse: 80, ..PLAIN },
    Profile {
        name: "node-legacy",
        years: [2014.9, 2016.0, 2018.5],
        weight: 60,
        locktime: Locktime::HeightOrBefore,
        sequence: LOCKTIME_ONLY,
        version: 2,
        ..PLAIN
    },
    Profile {
        name: "node-segwit",
        lock: Lock::P2wpkh,
        years: [2018.2, 2020.0, 2023.0],
        weight: 60,
        change: Change::LikePayee,
        locktime: Locktime::HeightOrBefore,
        sequence: REPLACEABLE,
        version: 2,
        low_r: true,
        batch: 60,
        ..PLAIN
    },
    Profile {
        name: "node-taproot",
        lock: Lock::P2tr,
        years: [2021.9, 2024.0, 2100.0],
        weight: 60,
        change: Change::LikePayee,
        locktime: Locktime::HeightOrBefore,
        sequence: REPLACEABLE,
        version: 2,
        low_r: true,
        batch: 60,
        ..PLAIN
    },
    Profile { name: "desktop-early", years: [2011.9, 2013.0, 2015.0], weight: 90, selection: Selection::Oldest, ..PLAIN },
    Profile {
        name: "desktop-sorted",
        years: [2014.8, 2016.0, 2018.3],
        weight: 90,
        order: Order::Bip69,
        locktime: Locktime::Height,
        sequence: LOCKTIME_ONLY,
        reuse: 30,
        ..PLAIN
    },
    Profile {
        name: "desktop-segwit",
        lock: Lock::P2wpkh,
        years: [2018.0, 2020.0, 2100.0],
        weight: 90,
        order: Order::Bip69,
        locktime: Locktime::Height,
        sequence: REPLACEABLE,
        version: 2,
        low_r: true,
        reuse: 30,
        batch: 40,
        ..PLAIN
    },
    Profile {
        name: "web-reuse",
        years: [2011.8, 2013.5, 2017.8],
        weight: 160,
        selection: Selection::Largest,
        order: Order::ChangeLast,
        change: Change::Back,
        reuse: 900,
        round: 500,
        ..PLAIN
    },
    Profile { name: "mobile-early", years: [2012.2, 2014.5, 2018.0], weight: 120, selection: Selection::Closest, ..PLAIN },
    Profile {
        name: "multisig-web",
        lock: Lock::P2shMultisig,
        years: [2013.8, 2016.0, 2019.0],
        weight: 80,
        order: Order::Bip69,
        selection: Selection::Largest,
        reuse: 10,
        ..PLAIN
    },
    Profile {
        name: "hardware-nested",
        lock: Lock::P2shWpkh,
        years: [2017.6, 2019.0, 2022.0],
        weight: 120,
        selection: Selection::Closest,
        order: Order::ChangeLast,
        sequence: REPLACEABLE,
        reuse: 20,
        ..PLAIN
    },
    Profile {
        name: "hardware-segwit",
        lock: Lock::P2wpkh,
        years: [2020.5, 2022.5, 2100.0],
        weight: 120,
        selection: Selection::Closest,
        order: Order::ChangeLast,
        sequence: REPLACEABLE,
        version: 2,
        low_r: true,
        reuse: 20,
        ..PLAIN
    },
    Profile {
        name: "mobile-segwit",
        lock: Lock::P2wpkh,
        years: [2018.8, 2021.5, 2100.0],
        weight: 140,
        selection: Selection::Largest,
        order: Order::ChangeFirst,
        version: 2,
        reuse: 60,
        round: 450,
        ..PLAIN
    },
    Profile {
        name: "multisig-segwit",
        lock: Lock::P2wsh,
        years: [2019.0, 2022.0, 2100.0],
        weight: 50,
        order: Order::Bip69,
        locktime: Locktime::Height,
        sequence: REPLACEABLE,
        version: 2,
        reuse: 0,
        ..PLAIN
    },
    Profile { name: "mixer-maker-legacy", years: [2014.9, 2016.0, 2018.2], weight: 30, reuse: 0, round: 100, ..PLAIN },
    Profile {
        name: "mixer-maker-segwit",
        lock: Lock::P2wpkh,
        years: [2018.2, 2021.0, 2100.0],
        weight: 30,
        version: 2,
        reuse: 0,
        round: 100,
        ..PLAIN
    },
    Profile {
        name: "mixer-rounds",
        lock: Lock::P2wpkh,
        years: [2018.5, 2020.5, 2024.0],
        weight: 60,
        low_r: true,
        reuse: 0,
        round: 250,
        ..PLAIN
    },
    Profile {
        name: "mixer-pools",
        lock: Lock::P2wpkh,
        years: [2019.0, 2021.0, 2024.0],
        weight: 50,
        order: Order::Bip69,
        reuse: 0,
        round: 250,
        ..PLAIN
    },
    Profile { name: "service-legacy", order: Order::ChangeLast, selection: Selection::Oldest, reuse: 0, ..PLAIN },
    Profile {
        name: "service-segwit",
        lock: Lock::P2wpkh,
        selection: Selection::Oldest,
        sequence: REPLACEABLE,
        version: 2,
        low_r: true,
        reuse: 0,
        ..PLAIN
    },
    Profile {
        name: "service-multisig",
        lock: Lock::P2shMultisig,
        selection: Selection::Oldest,
        order: Order::Bip69,
        reuse: 0,
        ..PLAIN
    },
];

pub(in crate::simulate) const MAKER_LEGACY: u8 = 15;
pub(in crate::simulate) const MAKER_SEGWIT: u8 = 16;
pub(in crate::simulate) const MIXER_ROUNDS: u8 = 17;
pub(in crate::simulate) const MIXER_POOLS: u8 = 18;
pub(in crate::simulate) const SERVICE_LEGACY: u8 = 19;
pub(in crate::simulate) const SERVICE_SEGWIT: u8 = 20;
pub(in crate::simulate) const SERVICE_MULTISIG: u8 = 21;

/// How many install a profile in a year: it grows to its weight, and falls again.
fn share(profile: &Profile, year: f64) -> u32 {
    let [first, peak, last] = profile.years;
    let part = match () {
        _ if year < first || year >= last => 0.0,
        _ if year < peak => 0.15 + 0.85 * (year - first) / (peak - first),
        _ => 1.0 - 0.85 * (year - peak) / (last - peak),
    };
    (part * profile.weight as f64 * 100.0) as u32
}

/// The profile that somebody installs in a year.
pub(in crate::simulate) fn installed(year: f64, random: &mut Random) -> u8 {
    let shares: [u32; PROFILES.len()] = std::array::from_fn(|i| share(&PROFILES[i], year));
    if shares.iter().all(|share| *share == 0) { 0 } else { random.weighted(&shares) as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_where_they_are_said_to_be() {
        let named = [MAKER_LEGACY, MAKER_SEGWIT, MIXER_ROUNDS, MIXER_POOLS, SERVICE_LEGACY, SERVICE_SEGWIT];
        let names = named.map(|profile| PROFILES[profile as usize].name);
        assert_eq!(
            names,
            ["mixer-maker-legacy", "mixer-maker-segwit", "mixer-rounds", "mixer-pools", "service-legacy", "service-segwit"]
        );
    }

    #[test]
    fn there_is_software_in_every_year_and_none_before_its_time() {
        let mut random = Random::new(1);
        for tenth in 0..150 {
            let year = 2011.0 + tenth as f64 / 10.0;
            for _ in 0..50 {
                let profile = &PROFILES[installed(year, &mut random) as usize];
                assert!(profile.weight > 0 && profile.years[0] <= year && year < profile.years[2], "{} in {year}", profile.name);
            }
        }
    }

    #[test]
    fn a_locktime_only_stands_where_an_input_lets_it_count() {
        assert!(PROFILES.iter().all(|profile| (profile.locktime == Locktime::Zero) || profile.sequence != FINAL));
    }
}
