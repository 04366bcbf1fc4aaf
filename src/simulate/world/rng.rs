//! Random numbers that are the same on every machine: integers, and floating point that only adds and multiplies.

/// A stream of random numbers from a seed (xoshiro256**).
#[derive(Clone)]
pub(in crate::simulate) struct Random([u64; 4]);

/// The next number of a splitmix64 stream.
#[inline]
pub(in crate::simulate) fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

impl Random {
    pub fn new(seed: u64) -> Random {
        let mut state = seed;
        Random(std::array::from_fn(|_| split_mix(&mut state)))
    }

    #[inline]
    pub fn next(&mut self) -> u64 {
        let s = &mut self.0;
        let result = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// A number below a limit, which must not be 0.
    #[inline]
    pub fn below(&mut self, limit: u64) -> u64 {
        ((self.next() as u128 * limit as u128) >> 64) as u64
    }

    /// An index of a list, which must not be empty.
    #[inline]
    pub fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// A number from one to another, both included.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// True in so many of a thousand cases.
    #[inline]
    pub fn chance(&mut self, permille: u32) -> bool {
        self.below(1000) < permille as u64
    }

    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.index(list.len())]
    }

    /// An index, each as likely as its weight; the weights must not all be 0.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.below(weights.iter().map(|weight| *weight as u64).sum());
        for (index, weight) in weights.iter().enumerate() {
            match left.checked_sub(*weight as u64) {
                Some(rest) => left = rest,
                None => return index,
            }
        }
        unreachable!("what is below the sum of the weights falls on one of them")
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.index(i + 1));
        }
    }

    /// From 0 to below 1.
    pub fn real(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Nearly a normal distribution with mean 0 and deviation 1: a sum of four.
    fn bell(&mut self) -> f64 {
        let bits = self.next();
        let sum: u64 = (0..4).map(|i| bits >> (16 * i) & 0xffff).sum();
        (sum as f64 / 65_536.0 - 2.0) * 1.732_050_8
    }

    /// An amount around a median; a deviation of 1 doubles or halves it.
    pub fn around(&mut self, median: u64, deviation: f64) -> u64 {
        (median as f64 * exp2(self.bell() * deviation)) as u64
    }

    /// A factor from 1 on with a heavy tail: one in 2^alpha is above 2. Nearly a Pareto distribution, never above 2^20.
    pub fn tail(&mut self, alpha: f64) -> f64 {
        let halvings = self.next().leading_zeros() as f64 + self.real();
        exp2((halvings / alpha).min(20.0))
    }

    #[inline]
    pub fn fill(&mut self, out: &mut Vec<u8>, length: usize) {
        let end = out.len() + length;
        while out.len() < end {
            let bytes = self.next().to_le_bytes();
            let take = (end - out.len()).min(8);
            out.extend_from_slice(&bytes[..take]);
        }
    }
}

/// 2 to the power of x, to about seven digits, by the same additions and multiplications everywhere.
pub(in crate::simulate) fn exp2(x: f64) -> f64 {
    let whole = x.floor();
    let y = (x - whole) * std::f64::consts::LN_2;
    let series =
        1.0 + y * (1.0 + y / 2.0 * (1.0 + y / 3.0 * (1.0 + y / 4.0 * (1.0 + y / 5.0 * (1.0 + y / 6.0 * (1.0 + y / 7.0))))));
    series * f64::from_bits(((1023 + whole as i64) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_of_a_seed_never_changes() {
        let mut random = Random::new(0);
        let first: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(first, [11_091_344_671_253_066_420, 13_793_997_310_169_335_082, 1_900_383_378_846_508_768]);
    }

    #[test]
    fn powers_of_two_are_near_those_of_the_library() {
        for tenth in -100..200 {
            let x = tenth as f64 / 10.0;
            assert!((exp2(x) / x.exp2() - 1.0).abs() < 1e-5, "{x}");
        }
    }

    #[test]
    fn a_tail_is_as_heavy_as_it_says() {
        let mut random = Random::new(1);
        let above = |limit: f64, random: &mut Random| (0..100_000).filter(|_| random.tail(1.0) > limit).count();
        assert!((49_000..51_000).contains(&above(2.0, &mut random)));
        assert!((11_000..14_000).contains(&above(8.0, &mut random)));
    }

    #[test]
    fn weights_of_zero_are_never_drawn() {
        let mut random = Random::new(2);
        assert!((0..1000).all(|_| random.weighted(&[0, 3, 0, 1, 0]) % 2 == 1));
    }
}
