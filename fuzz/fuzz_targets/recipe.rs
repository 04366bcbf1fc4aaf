//! Any text as a recipe: an error or a recipe, whose own text is read back as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use satrail::recipe::Recipe;

fuzz_target!(|given: &str| {
    let Ok(recipe) = Recipe::parse(given) else { return };
    for argument in recipe.arguments().values() {
        _ = (recipe.input_of(argument), recipe.result(argument));
    }
    _ = recipe.obstacle();
    // A recipe with fractions, or with numbers that readers of JSON lose, has no canonical text.
    let Ok(text) = recipe.text() else { return };
    let again = Recipe::parse(&text).expect("satrail reads the recipes that it writes");
    assert_eq!(again.text().expect("it had a text before"), text);
    assert!(again == recipe);
});
