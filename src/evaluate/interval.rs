//! Shares with their intervals: how far a share that was counted in a sample may be from the one that it is a sample of.

/// So many of so many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Proportion {
    pub part: u64,
    pub of: u64,
}

/// The quantile of the normal distribution that leaves 2.5 % on either side.
const Z: f64 = 1.959963984540054;

impl Proportion {
    /// None of nothing.
    pub fn value(self) -> Option<f64> {
        (self.of > 0).then(|| self.part as f64 / self.of as f64)
    }

    /// The 95 % interval of Wilson (Probable Inference, the Law of Succession, and Statistical Inference, 1927): the shares that do not
    /// make what was counted improbable. It holds for draws that do not depend on each other.
    pub fn interval(self) -> Option<(f64, f64)> {
        if self.of == 0 {
            return None;
        }
        let (n, share) = (self.of as f64, self.part as f64 / self.of as f64);
        let squared = Z * Z;
        let middle = share + squared / (2.0 * n);
        let half = Z * (share * (1.0 - share) / n + squared / (4.0 * n * n)).sqrt();
        let scale = 1.0 + squared / n;
        let low = if self.part == 0 { 0.0 } else { (middle - half) / scale };
        let high = if self.part == self.of { 1.0 } else { (middle + half) / scale };
        Some((low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(part: u64, of: u64) -> (f64, f64) {
        let (low, high) = Proportion { part, of }.interval().unwrap();
        ((low * 1e4).round() / 1e4, (high * 1e4).round() / 1e4)
    }

    /// Newcombe (Two-sided confidence intervals for the single proportion, 1998), table I, method 3.
    #[test]
    fn the_intervals_are_those_that_are_published() {
        assert_eq!(rounded(81, 263), (0.2553, 0.3662));
        assert_eq!(rounded(15, 148), (0.0624, 0.1605));
        assert_eq!(rounded(0, 20), (0.0, 0.1611));
        assert_eq!(rounded(1, 29), (0.0061, 0.1718));
    }

    #[test]
    fn nothing_has_no_share_and_an_interval_holds_its_share() {
        assert_eq!((Proportion::default().value(), Proportion::default().interval()), (None, None));
        for (part, of) in [(0, 1), (1, 1), (3, 7), (999, 1000), (1 << 40, 1 << 50)] {
            let share = Proportion { part, of };
            let (low, high) = share.interval().unwrap();
            assert!(0.0 <= low && low <= share.value().unwrap() && share.value().unwrap() <= high && high <= 1.0);
        }
    }
}
