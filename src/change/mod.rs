use crate::Result;
use crate::chain::{Chain, Facts};
#[derive(Clone)]
pub struct Rule {}
pub struct Prepared {}
impl Rule {
    pub fn identity(&self) -> String {
        String::new()
    }
    pub fn is_dynamic(&self) -> bool {
        false
    }
    pub fn prepare(&self, _: &Chain, _: usize, _: &mut dyn FnMut() -> bool) -> Result<Prepared> {
        Ok(Prepared {})
    }
}
impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("")
    }
}
impl Prepared {
    pub fn candidates(&self, _: &Facts<'_>, _: &mut Vec<u32>) -> Result<()> {
        Ok(())
    }
}
