//! Recipes: the canonical description of the call that made a result, from which it can be made again.
//!
//! A recipe names the chain that the call was made on, the call, and its arguments. Long inputs (a list of addresses, a source, a stop set)
//! and other results (clusters, a trace) stand in the arguments by their digest, and beside them in full, so a recipe is complete by itself.
//! Its digest covers version, chain, call and arguments, and by their digests everything that they name. docs/recipes.md is the definition.

mod canonical;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

pub use canonical::{MOST, canonical};

use crate::error::{Error, Result};
use crate::ids::hex;

/// The version of the form of recipes.
pub const VERSION: u64 = 1;

/// The call that made a result.
#[derive(Clone, Debug)]
pub struct Recipe {
    chain: Value,
    call: String,
    arguments: Map<String, Value>,
    /// What the arguments name by digest.
    inputs: BTreeMap<String, Value>,
    results: BTreeMap<String, Recipe>,
    /// Arguments as the caller wrote them, where that says more: a date, for a height. The digest does not cover it.
    as_given: Map<String, Value>,
}

impl Recipe {
    /// A call on a chain, which is named by its identity.
    pub fn new(chain: Value, call: &str) -> Recipe {
        Recipe {
            chain,
            call: call.to_string(),
            arguments: Map::new(),
            inputs: BTreeMap::new(),
            results: BTreeMap::new(),
            as_given: Map::new(),
        }
    }

    /// Adds an argument; one that is null, because it was not given, is left out.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Recipe {
        let value = value.into();
        if !value.is_null() {
            self.arguments.insert(name.to_string(), value);
        }
        self
    }

    /// Adds an argument by its digest, and its content beside the arguments.
    pub fn with_input(mut self, name: &str, content: Value) -> Result<Recipe> {
        let by_digest = self.put_input(content)?;
        Ok(self.with(name, by_digest))
    }

    /// Takes up the content of a part of an argument, and returns what stands for it in the argument.
    pub fn put_input(&mut self, content: Value) -> Result<Value> {
        let digest = digest_of(&content)?;
        self.inputs.insert(digest.clone(), content);
        Ok(json!({ "input": digest }))
    }

    /// Adds an argument that is another result, if there is one.
    pub fn with_result(mut self, name: &str, result: Option<Recipe>) -> Result<Recipe> {
        let Some(result) = result else { return Ok(self) };
        let digest = result.digest()?;
        self.results.insert(digest.clone(), result);
        Ok(self.with(name, json!({ "result": digest })))
    }

    /// Adds an argument that is a list of other results.
    pub fn with_results(mut self, name: &str, results: Vec<Recipe>) -> Result<Recipe> {
        let digests = results.iter().map(Recipe::digest).collect::<Result<Vec<_>>>()?;
        self.results.extend(digests.iter().cloned().zip(results));
        let list: Vec<Value> = digests.into_iter().map(|digest| json!({ "result": digest })).collect();
        Ok(self.with(name, list))
    }

    /// Notes how an argument was written.
    pub fn as_given(mut self, name: &str, text: Option<&str>) -> Recipe {
        if let Some(text) = text {
            self.as_given.insert(name.to_string(), text.into());
        }
        self
    }

    /// How an argument was written, where that was noted.
    pub fn text_given(&self, name: &str) -> Option<String> {
        self.as_given.get(name).and_then(Value::as_str).map(str::to_string)
    }

    pub fn call(&self) -> &str {
        &self.call
    }

    /// The identity of the chain that the call was made on.
    pub fn chain(&self) -> &Value {
        &self.chain
    }

    /// An argument; null where it was not given.
    pub fn argument(&self, name: &str) -> &Value {
        self.arguments.get(name).unwrap_or(&Value::Null)
    }

    /// An argument that is a number; none where it was not given.
    pub fn number<N: TryFrom<u64>>(&self, name: &str) -> Result<Option<N>> {
        let value = self.argument(name);
        let number = value.as_u64().and_then(|number| N::try_from(number).ok());
        match value.is_null() || number.is_some() {
            true => Ok(number),
            false => Err(Error::Recipe { what: format!("{name}={value} of the recipe is not a number that it can be") }),
        }
    }

    pub fn arguments(&self) -> &Map<String, Value> {
        &self.arguments
    }

    /// The content of an argument that is named by its digest.
    pub fn input(&self, name: &str) -> Result<Option<&Value>> {
        self.input_of(self.argument(name))
    }

    /// The content that stands for a part of an argument.
    pub fn input_of(&self, part: &Value) -> Result<Option<&Value>> {
        let Some(digest) = named(part, "input") else { return Ok(None) };
        let found = self.inputs.get(digest).ok_or_else(|| self.lacks("input", digest))?;
        match digest_of(found)? == digest {
            true => Ok(Some(found)),
            false => Err(Error::Recipe { what: format!("the input {digest} of {} does not have this digest", self.call) }),
        }
    }

    /// The recipe of a result that an argument names, or a list of them.
    pub fn result(&self, value: &Value) -> Result<Option<&Recipe>> {
        let Some(digest) = named(value, "result") else { return Ok(None) };
        let found = self.results.get(digest).ok_or_else(|| self.lacks("result", digest))?;
        match found.digest()? == digest {
            true => Ok(Some(found)),
            false => Err(Error::Recipe { what: format!("the result {digest} in {} does not have this digest", self.call) }),
        }
    }

    fn lacks(&self, what: &str, digest: &str) -> Error {
        Error::Recipe { what: format!("the recipe of {} names the {what} {digest} and does not hold it", self.call) }
    }

    /// SHA-256, as hex, of the canonical text of version, chain, call and arguments.
    pub fn digest(&self) -> Result<String> {
        digest_of(&Value::Object(self.head()))
    }

    fn head(&self) -> Map<String, Value> {
        let mut head = Map::new();
        head.insert("recipe".to_string(), VERSION.into());
        head.insert("chain".to_string(), self.chain.clone());
        head.insert("call".to_string(), self.call.clone().into());
        head.insert("arguments".to_string(), Value::Object(self.arguments.clone()));
        head
    }

    /// The whole recipe as one value: what the digest covers, and the content of all that it names.
    pub fn value(&self) -> Value {
        let mut value = self.head();
        let results = self.results.iter().map(|(digest, recipe)| (digest.clone(), recipe.value()));
        let parts = [
            ("inputs", self.inputs.clone().into_iter().collect()),
            ("results", results.collect()),
            ("as_given", self.as_given.clone()),
        ];
        let parts = parts.into_iter().filter(|(_, part): &(_, Map<_, _>)| !part.is_empty());
        value.extend(parts.map(|(name, part)| (name.to_string(), Value::Object(part))));
        Value::Object(value)
    }

    /// The canonical text of the whole recipe.
    pub fn text(&self) -> Result<String> {
        canonical(&self.value())
    }

    /// Reads a recipe from its text.
    pub fn parse(text: &str) -> Result<Recipe> {
        let wrong = |error: serde_json::Error| Error::Recipe { what: format!("this text is not JSON: {error}") };
        Recipe::from_value(serde_json::from_str(text).map_err(wrong)?)
    }

    /// Reads a recipe from its value.
    pub fn from_value(value: Value) -> Result<Recipe> {
        let wrong = |what: &str| Error::Recipe { what: what.to_string() };
        let Value::Object(mut value) = value else { return Err(wrong("a recipe is a JSON object")) };
        match value.remove("recipe").as_ref().and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(version) => {
                return Err(wrong(&format!(
                    "this recipe has version {version} and this satrail reads version {VERSION}; use the satrail that wrote it"
                )));
            }
            None => return Err(wrong("this is not a recipe: it has no version (\"recipe\": 1)")),
        }
        let chain = value.remove("chain").ok_or_else(|| wrong("the recipe does not name its chain"))?;
        let Some(Value::String(call)) = value.remove("call") else { return Err(wrong("the recipe does not name its call")) };
        let mut part = |name: &str| match value.remove(name) {
            None => Ok(Map::new()),
            Some(Value::Object(part)) => Ok(part),
            Some(_) => Err(wrong(&format!("{name:?} of the recipe is not an object"))),
        };
        let (arguments, inputs, results, as_given) = (part("arguments")?, part("inputs")?, part("results")?, part("as_given")?);
        if let Some(name) = value.keys().next() {
            return Err(wrong(&format!("a recipe has no member {name:?}")));
        }
        let results = results.into_iter().map(|(digest, value)| Ok((digest, Recipe::from_value(value)?)));
        let results = results.collect::<Result<_>>()?;
        Ok(Recipe { chain, call, arguments, inputs: inputs.into_iter().collect(), results, as_given })
    }

    /// Why it cannot be made again from this description; None where it can. A Python function cannot be written down.
    pub fn obstacle(&self) -> Option<String> {
        let own = self.arguments.values().find_map(obstacle);
        own.or_else(|| self.results.values().find_map(Recipe::obstacle))
    }
}

/// The digest that an argument names something by.
fn named<'a>(value: &'a Value, by: &str) -> Option<&'a str> {
    value.as_object().filter(|members| members.len() == 1)?.get(by)?.as_str()
}

fn obstacle(value: &Value) -> Option<String> {
    match value {
        Value::Object(members) => match members.get("python_function").and_then(Value::as_str) {
            Some(name) => Some(format!("it was made with the Python function {name:?}, which a recipe cannot hold")),
            None => members.values().find_map(obstacle),
        },
        Value::Array(items) => items.iter().find_map(obstacle),
        _ => None,
    }
}

/// SHA-256, as hex, of the canonical text of a value.
pub fn digest_of(value: &Value) -> Result<String> {
    Ok(hex(&Sha256::digest(canonical(value)?)))
}

/// Fails where a recipe was made with another version of something than this program has.
pub fn check_version(what: &str, found: &Value, ours: u32) -> Result<()> {
    match found.as_u64() == Some(ours as u64) {
        true => Ok(()),
        false => Err(Error::Recipe {
            what: format!(
                "the recipe was made with version {found} of {what}, and this satrail has version {ours}; use the one that made it"
            ),
        }),
    }
}

/// Equal by digest: made by the same call on the same chain.
impl PartialEq for Recipe {
    fn eq(&self, other: &Recipe) -> bool {
        self.head() == other.head()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        let clusters = Recipe::new(json!({"height": 3}), "chain.cluster").with("rules", json!(["co_spend"]));
        let recipe = Recipe::new(json!({"height": 3}), "chain.trace").with("direction", "out").with("max_hops", Value::Null);
        let recipe = recipe.with_input("source", json!(["a:0", "b:1"])).unwrap().with_result("clusters", Some(clusters)).unwrap();
        recipe.as_given("since", Some("2018-03-05"))
    }

    #[test]
    fn a_recipe_comes_back_from_its_text_with_all_that_it_names() {
        let again = Recipe::parse(&recipe().text().unwrap()).unwrap();
        assert_eq!(again.text().unwrap(), recipe().text().unwrap());
        assert_eq!(again.digest().unwrap(), recipe().digest().unwrap());
        assert_eq!(again.input("source").unwrap(), Some(&json!(["a:0", "b:1"])));
        assert_eq!(again.result(again.argument("clusters")).unwrap().unwrap().call(), "chain.cluster");
        assert!(again.argument("max_hops").is_null());
    }

    #[test]
    fn the_digest_covers_inputs_and_results_and_not_how_arguments_were_written() {
        let digest = recipe().digest().unwrap();
        assert_eq!(recipe().as_given("since", Some("5 March 2018")).digest().unwrap(), digest);
        assert_ne!(recipe().with("direction", "in").digest().unwrap(), digest);
        assert_ne!(recipe().with_input("source", json!(["a:0"])).unwrap().digest().unwrap(), digest);
        let other = Recipe::new(json!({"height": 3}), "chain.cluster").with("rules", json!(["same_key"]));
        assert_ne!(recipe().with_result("clusters", Some(other)).unwrap().digest().unwrap(), digest);
    }

    #[test]
    fn what_was_changed_in_a_recipe_is_noticed() {
        let text = recipe().text().unwrap();
        let changed = Recipe::parse(&text.replace("b:1", "b:2")).unwrap();
        assert!(changed.input("source").unwrap_err().to_string().contains("does not have this digest"));
        let changed = Recipe::parse(&text.replace("co_spend", "same_key")).unwrap();
        let error = changed.result(changed.argument("clusters")).unwrap_err();
        assert!(error.to_string().contains("does not have this digest"), "{error}");
    }

    #[test]
    fn other_texts_are_refused_with_a_reason() {
        let text = recipe().text().unwrap();
        for (given, reason) in [
            ("{", "not JSON"),
            ("[]", "is a JSON object"),
            ("{}", "no version"),
            (r#"{"recipe": 2}"#, "version 2"),
            (r#"{"recipe": 1}"#, "its chain"),
            (r#"{"recipe": 1, "chain": {}}"#, "its call"),
            (r#"{"recipe": 1, "chain": {}, "call": "x", "inputs": []}"#, "is not an object"),
            (r#"{"recipe": 1, "chain": {}, "call": "x", "more": 1}"#, "no member \"more\""),
        ] {
            let error = Recipe::parse(given).unwrap_err().to_string();
            assert!(error.contains(reason), "{given}: {error}");
        }
        assert!(Recipe::parse(&text[..text.len() - 1]).is_err());
    }

    #[test]
    fn a_python_function_is_an_obstacle_wherever_it_stands() {
        assert_eq!(recipe().obstacle(), None);
        let rule = json!({"or": [{"python_function": "mine", "outputs": "00"}, "optimal"]});
        let clusters = Recipe::new(json!({}), "chain.cluster").with("rules", vec![rule]);
        assert!(clusters.obstacle().unwrap().contains("\"mine\""));
        assert!(recipe().with_result("clusters", Some(clusters)).unwrap().obstacle().is_some());
    }
}
