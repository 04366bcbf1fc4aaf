//! Dividing whole amounts in proportion, by the largest remainder.

/// Divides amounts in proportion to values, in whole numbers, by the largest remainder. Keeps its memory from one use to the next.
#[derive(Default, Debug)]
pub struct Divider {
    /// What is lost by rounding down, in fractions with the sum of the values below, and whose it is.
    remainders: Vec<(u64, u32)>,
    wide: Vec<(u128, u32)>,
}

/// Numbers up to here are exact as floating-point numbers; no sum of bitcoin amounts is larger.
const EXACT: u64 = 1 << 53;

impl Divider {
    /// Puts into `shares`, which is cleared first, what each value gets of `amount`: never more than itself. Returns what the values
    /// have no room for; the shares and that add up to `amount`.
    #[inline]
    pub fn divide(&mut self, amount: u64, values: &[u64], shares: &mut Vec<u64>) -> u64 {
        shares.clear();
        let sum: u128 = values.iter().map(|value| *value as u128).sum();
        if amount as u128 >= sum {
            shares.extend_from_slice(values);
            return (amount as u128 - sum) as u64;
        }
        match sum <= EXACT as u128 {
            true => self.divide_exact(amount, values, sum as u64, shares),
            false => self.divide_wide(amount, values, sum, shares),
        }
        0
    }

    /// For amounts and sums that are exact as floating-point numbers.
    #[inline]
    fn divide_exact(&mut self, amount: u64, values: &[u64], sum: u64, shares: &mut Vec<u64>) {
        self.remainders.clear();
        let (mut left, factor) = (amount, amount as f64 / sum as f64);
        for (i, value) in values.iter().enumerate() {
            let (share, remainder) = quotient(amount, *value, sum, factor);
            shares.push(share);
            left -= share;
            self.remainders.push((remainder, i as u32));
        }
        round_up_largest(&mut self.remainders, left as usize, shares);
    }

    fn divide_wide(&mut self, amount: u64, values: &[u64], sum: u128, shares: &mut Vec<u64>) {
        self.wide.clear();
        for (i, value) in values.iter().enumerate() {
            let product = amount as u128 * *value as u128;
            shares.push((product / sum) as u64);
            self.wide.push((product % sum, i as u32));
        }
        let left = amount - shares.iter().sum::<u64>();
        round_up_largest(&mut self.wide, left as usize, shares);
    }
}

/// `amount * value / sum` and its remainder. The floating-point quotient is at most a few off, and what it leaves over, which needs no
/// more than 64 bits, tells by how much; so the result is exact.
#[inline]
fn quotient(amount: u64, value: u64, sum: u64, factor: f64) -> (u64, u64) {
    let mut quotient = (factor * value as f64) as u64;
    let mut remainder = amount.wrapping_mul(value).wrapping_sub(quotient.wrapping_mul(sum)) as i64;
    while remainder < 0 {
        quotient -= 1;
        remainder += sum as i64;
    }
    while remainder >= sum as i64 {
        quotient += 1;
        remainder -= sum as i64;
    }
    (quotient, remainder as u64)
}

/// Places up to which the largest remainders are looked for one by one.
const FEW: usize = 8;

/// There are fewer satoshi left over than remainders above zero, so no share without one is touched.
#[inline]
fn round_up_largest<R: Ord + Copy>(remainders: &mut [(R, u32)], left: usize, shares: &mut [u64]) {
    if left == 0 {
        return;
    }
    if remainders.len() > FEW {
        remainders.select_nth_unstable_by(left - 1, |(a, i), (b, j)| b.cmp(a).then(i.cmp(j)));
        remainders[..left].iter().for_each(|(_, i)| shares[*i as usize] += 1);
        return;
    }
    for taken in 0..left {
        let mut largest = taken;
        for i in taken + 1..remainders.len() {
            let ((a, at), (b, best)) = (remainders[i], remainders[largest]);
            if a > b || a == b && at < best {
                largest = i;
            }
        }
        remainders.swap(taken, largest);
        shares[remainders[taken].1 as usize] += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn divide(amount: u64, values: &[u64]) -> (Vec<u64>, u64) {
        let mut shares = vec![99];
        let beyond = Divider::default().divide(amount, values, &mut shares);
        (shares, beyond)
    }

    #[test]
    fn the_largest_remainder_gets_the_satoshi_left_over() {
        // A sixth of each: 1.67, 3.33 and 5.
        assert_eq!(divide(10, &[10, 20, 30]), (vec![2, 3, 5], 0));
        assert_eq!(divide(1, &[1, 3]), (vec![0, 1], 0));
    }

    #[test]
    fn equal_remainders_go_by_place() {
        assert_eq!(divide(1, &[5, 5, 5]), (vec![1, 0, 0], 0));
        assert_eq!(divide(2, &[5, 5, 5]), (vec![1, 1, 0], 0));
    }

    #[test]
    fn what_has_no_value_gets_nothing() {
        assert_eq!(divide(2, &[0, 1, 0, 4]), (vec![0, 0, 0, 2], 0));
        assert_eq!(divide(0, &[3, 4]), (vec![0, 0], 0));
    }

    #[test]
    fn what_has_no_room_is_left() {
        assert_eq!(divide(9, &[3, 4]), (vec![3, 4], 2));
        assert_eq!(divide(7, &[3, 4]), (vec![3, 4], 0));
        assert_eq!(divide(5, &[]), (vec![], 5));
        assert_eq!(divide(0, &[0, 0]), (vec![0, 0], 0));
    }

    #[test]
    fn the_largest_amounts_do_not_overflow() {
        let (shares, beyond) = divide(u64::MAX, &[u64::MAX, u64::MAX, 1]);
        assert_eq!((shares, beyond), (vec![u64::MAX / 2, u64::MAX / 2, 1], 0));
    }

    /// The shares by fractions alone.
    fn slow_divide(amount: u64, values: &[u64]) -> Vec<u64> {
        let sum: u128 = values.iter().map(|value| *value as u128).sum();
        let products: Vec<u128> = values.iter().map(|value| amount as u128 * *value as u128).collect();
        let mut shares: Vec<u64> = products.iter().map(|product| (product / sum) as u64).collect();
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by_key(|i| (std::cmp::Reverse(products[*i] % sum), *i));
        let left = amount - shares.iter().sum::<u64>();
        order[..left as usize].iter().for_each(|i| shares[*i] += 1);
        shares
    }

    /// Amounts and values of all sizes, with small ones and equal ones among them.
    fn cases() -> impl Strategy<Value = (u64, Vec<u64>)> {
        let value = prop_oneof![0..4u64, Just(1_000u64), 0..2_100_000_000_000_000u64, 0..1u64 << 58];
        vec(value, 0..12).prop_flat_map(|values| (0..=values.iter().sum::<u64>() + 1, Just(values)))
    }

    proptest! {
        #[test]
        fn shares_are_those_of_exact_fractions((amount, values) in cases()) {
            let sum: u128 = values.iter().map(|v| *v as u128).sum();
            if (amount as u128) < sum {
                prop_assert_eq!(divide(amount, &values).0, slow_divide(amount, &values));
            }
        }

        #[test]
        fn every_satoshi_is_dealt_out((amount, values) in cases()) {
            let (shares, beyond) = divide(amount, &values);
            prop_assert_eq!(shares.iter().sum::<u64>() + beyond, amount);
        }

        #[test]
        fn no_share_is_above_its_value_or_a_satoshi_from_its_due((amount, values) in cases()) {
            let sum: u128 = values.iter().map(|v| *v as u128).sum();
            for (share, value) in divide(amount, &values).0.into_iter().zip(&values) {
                prop_assert!(share <= *value);
                let due = amount as u128 * *value as u128;
                prop_assert!(amount as u128 >= sum || (share as u128 * sum).abs_diff(due) < sum);
            }
        }

        #[test]
        fn a_larger_value_never_gets_less((amount, values) in cases()) {
            let (shares, _) = divide(amount, &values);
            for (i, j) in (0..values.len()).flat_map(|i| (0..values.len()).map(move |j| (i, j))) {
                prop_assert!(values[i] <= values[j] || shares[i] >= shares[j]);
            }
        }

        #[test]
        fn order_moves_no_more_than_the_satoshi_left_over((amount, values) in cases(), turn in 0..12usize) {
            let turn = turn % values.len().max(1);
            let mut turned = values.clone();
            turned.rotate_left(turn);
            let (shares, beyond) = divide(amount, &values);
            let (mut same, still_beyond) = divide(amount, &turned);
            same.rotate_right(turn);
            prop_assert_eq!(beyond, still_beyond);
            prop_assert!(shares.iter().zip(&same).all(|(a, b)| a.abs_diff(*b) <= 1));
        }
    }
}
