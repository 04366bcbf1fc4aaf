//! Names that somebody mistyped, and those that were probably meant; and how large numbers are written.

/// The names that are near enough to a given one to have been meant, nearest first.
pub fn near<'a>(name: &str, known: &[&'a str]) -> Vec<&'a str> {
    let given = name.trim().to_lowercase().replace(['-', ' '], "_");
    let allowed = 1 + given.chars().count() / 4;
    let mut found: Vec<(usize, &str)> = known.iter().map(|known| (distance(&given, known), *known)).collect();
    found.retain(|(distance, _)| *distance <= allowed);
    found.sort_by_key(|(distance, _)| *distance);
    found.into_iter().take(3).map(|(_, name)| name).collect()
}

/// A question to be put into an error's message: "did you mean ...? ", or nothing.
pub fn did_you_mean(name: &str, known: &[&str]) -> String {
    let near = near(name, known);
    if near.is_empty() { String::new() } else { format!("did you mean {}? ", near.join(" or ")) }
}

/// 1,234,567
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Letters to insert, leave out, replace or swap with their neighbour to make one text of another.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let known = ["min_participants", "min_inputs", "search_budget"];
        assert_eq!(near("min_participant", &known), ["min_participants"]);
        assert_eq!(near("Min-Inputs", &known), ["min_inputs"]);
        assert_eq!(near("saerch_budget", &known), ["search_budget"]);
        assert!(near("colour", &known).is_empty());
        assert_eq!(did_you_mean("mininputs", &known), "did you mean min_inputs? ");
    }

    #[test]
    fn a_swap_of_neighbours_is_one_slip() {
        assert_eq!((distance("ab", "ba"), distance("", "abc"), distance("kitten", "sitting")), (1, 3, 3));
    }
}
