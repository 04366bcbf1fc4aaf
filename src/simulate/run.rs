//! From a plan to a folder.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::error::{Error, Result};
use crate::ids::hash_text;
use crate::script::Network;
use crate::simulate::city::{City, Size};
use crate::simulate::hidden_service::HiddenService;
use crate::simulate::hidden_service::files;
use crate::simulate::plan::{Plan, Scenario};
use crate::simulate::truth::Counts;
use crate::simulate::truth::tags;
use crate::simulate::world::World;
use crate::simulate::world::clock::timeline;
use crate::simulate::world::rng::Random;

/// How far a simulation is.
#[derive(Clone, Copy, Debug)]
pub struct SimulationProgress {
    pub blocks: u64,
    pub blocks_total: u64,
    pub bytes: u64,
    pub transactions: u64,
    pub seconds: f64,
}

/// What was simulated.
#[derive(Clone, Debug)]
pub struct Report {
    pub folder: PathBuf,
    pub plan: Plan,
    pub network: Network,
    /// SHA-256 over the hashes of all blocks and all rows of the truth.
    pub digest: String,
    pub height: u32,
    pub tip: [u8; 32],
    pub transactions: u64,
    pub outputs: u64,
    pub addresses: u64,
    pub entities: u64,
    /// Of the block files.
    pub bytes: u64,
    pub seconds: f64,
}

/// Progress is told so often.
const TICK: Duration = Duration::from_millis(100);

/// Seeds of different ends are made different by these.
const FOR_TIMES: u64 = 0x7469_6d65_7300_0003;

/// What a simulation makes in its folder, the last thing last.
const MADE: [&str; 6] = ["blocks", "truth", "tags.yaml", "watch.csv", "test_payments.csv", "scenario.json"];

/// Simulates a chain with its truth into a folder, which is made where it is not there, and must be empty.
///
/// `progress` returns false to end it. An unfinished simulation leaves nothing behind; scenario.json is written last, so that a
/// folder without it is none.
pub fn simulate(plan: &Plan, folder: &Path, progress: &mut dyn FnMut(&SimulationProgress) -> bool) -> Result<Report> {
    plan.check()?;
    let existed = prepare(folder)?;
    let result = Run::new(plan, folder).and_then(|run| run.finish(progress));
    if result.is_err() {
        clean(folder, existed);
    }
    result
}

/// Whether the folder was there; an error when something is in it.
fn prepare(folder: &Path) -> Result<bool> {
    if !folder.exists() {
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        return Ok(false);
    }
    let mut entries = std::fs::read_dir(folder).map_err(Error::io("look into", folder))?;
    match entries.next() {
        None => Ok(true),
        Some(_) => Err(Error::NotEmpty { path: folder.to_path_buf() }),
    }
}

/// Takes away what an unfinished simulation has made; what cannot be taken away stays, and is told from a whole one by scenario.json.
fn clean(folder: &Path, existed: bool) {
    for name in MADE {
        let path = folder.join(name);
        let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
    }
    if !existed {
        let _ = std::fs::remove_dir(folder);
    }
}

struct Run<'a> {
    plan: &'a Plan,
    folder: &'a Path,
    city: City,
    hidden: Option<HiddenService>,
    slots: Vec<crate::simulate::world::clock::Slot>,
    started: Instant,
}

impl<'a> Run<'a> {
    fn new(plan: &'a Plan, folder: &'a Path) -> Result<Run<'a>> {
        let started = Instant::now();
        let transactions = plan.transactions();
        let slots = timeline(plan.scenario.years(), transactions, &mut Random::new(plan.seed ^ FOR_TIMES));
        let size = Size::of(transactions, slots.len());
        let with_service = plan.scenario == Scenario::HiddenService;
        let mut city = City::new(World::new(plan.seed, size.unit(), folder, with_service)?, size);
        let hidden = with_service.then(|| HiddenService::found(&mut city, plan.scale));
        Ok(Run { plan, folder, city, hidden, slots, started })
    }

    fn finish(mut self, progress: &mut dyn FnMut(&SimulationProgress) -> bool) -> Result<Report> {
        let mut told = Instant::now();
        let slots = std::mem::take(&mut self.slots);
        for (at, slot) in slots.iter().enumerate() {
            let hidden = &mut self.hidden;
            self.city.block(*slot, &mut |city| hidden.as_mut().map_or(Ok(()), |hidden| hidden.block(city)))?;
            if told.elapsed() >= TICK || at + 1 == slots.len() {
                told = Instant::now();
                self.tell(at as u64 + 1, slots.len() as u64, progress)?;
            }
        }
        self.close()
    }

    fn tell(&self, blocks: u64, blocks_total: u64, progress: &mut dyn FnMut(&SimulationProgress) -> bool) -> Result<()> {
        let seconds = self.started.elapsed().as_secs_f64();
        let (bytes, transactions) = (self.city.world.files.bytes, self.city.world.made);
        let go_on = progress(&SimulationProgress { blocks, blocks_total, bytes, transactions, seconds });
        if go_on { Ok(()) } else { Err(Error::Stopped) }
    }

    /// Writes what is known in the end; scenario.json is the last.
    fn close(self) -> Result<Report> {
        let Run { plan, folder, city, hidden, started, .. } = self;
        let mut world = city.close()?;
        world.files.close()?;
        if let Some(hidden) = &hidden {
            files::write(hidden, &mut world, folder)?;
        }
        tags::write(&world, folder, &date_text(world.now.time))?;
        let (height, tip, bytes) = (world.now.height, world.tip, world.files.bytes);
        let (digest, counts) = world.truth.close()?;
        let report = Report {
            folder: folder.to_path_buf(),
            plan: *plan,
            network: Network::Regtest,
            digest,
            height,
            tip,
            transactions: counts.transactions,
            outputs: counts.outputs,
            addresses: counts.addresses,
            entities: counts.entities,
            bytes,
            seconds: started.elapsed().as_secs_f64(),
        };
        write_scenario(&report, &counts)?;
        Ok(report)
    }
}

/// A time as a date, like 2018-06-01.
fn date_text(time: u32) -> String {
    let time = chrono::DateTime::from_timestamp(time as i64, 0).expect("32 bits of seconds are a time");
    time.format("%Y-%m-%d").to_string()
}

fn write_scenario(report: &Report, counts: &Counts) -> Result<()> {
    let text = json!({
        "format": 1,
        "satrail": env!("CARGO_PKG_VERSION"),
        "scenario": report.plan.scenario.name(),
        "seed": report.plan.seed,
        "scale": report.plan.scale,
        "network": report.network.name(),
        "digest": report.digest,
        "height": report.height,
        "tip": hash_text(&report.tip),
        "bytes": report.bytes,
        "transactions": counts.transactions,
        "outputs": counts.outputs,
        "addresses": counts.addresses,
        "entities": counts.entities,
        "payments": counts.payments,
        "cashouts": counts.cashouts,
    });
    let (path, waiting) = (report.folder.join("scenario.json"), report.folder.join("scenario.json.new"));
    let text = serde_json::to_string_pretty(&text).expect("a value of texts and numbers is JSON") + "\n";
    std::fs::write(&waiting, text).map_err(Error::io("write", &waiting))?;
    std::fs::rename(&waiting, &path).map_err(Error::io("rename", &waiting))
}
