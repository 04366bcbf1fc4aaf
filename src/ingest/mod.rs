//! From block files to a store: find the blocks, choose the chain, add what is new, go back where the chain was reorganised.

mod memory;
pub mod pipeline;
pub mod plan;
pub mod report;
pub mod resolve;
mod write_back;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::blocks::headers::{HeaderNode, HeaderTree, Work};
use crate::blocks::parse::ParseOptions;
use crate::blocks::scan::{self, FileState, Magic, Record, Scan};
use crate::blocks::{BlockFiles, Location};
use crate::error::{Error, Result};
use crate::ingest::pipeline::{BadBlock, Pipeline};
use crate::ingest::plan::{ChainPlan, PlannedBlock, ScanCache};
use crate::ingest::resolve::{BlockEntry, RefusedBlock, Scratch, add_block};
use crate::ingest::write_back::WriteBack;
use crate::script::Network;
use crate::store::{Manifest, Writer};

pub use plan::{Gap, Until};
pub use report::{IngestReport, InvalidBlock, Phase, Progress};

/// How an ingest is done.
pub struct IngestOptions {
    /// The network whose records are taken; found from the data when not given.
    pub network: Option<(Network, Magic)>,
    pub until: Option<Until>,
    /// Threads that parse; all cores when not given.
    pub threads: Option<usize>,
    /// Bytes of memory to stay within.
    pub memory_limit: u64,
    /// Check Merkle roots and witness commitments.
    pub verify: bool,
    /// Blocks after which work is committed even if it takes no long time.
    pub commit_every: u64,
}

/// The memory that an ingest stays within unless it is told otherwise.
pub const MEMORY_LIMIT: u64 = 2 << 30;
/// The least that it can be told.
pub const LEAST_MEMORY: u64 = 256 << 20;
/// Work that a killed ingest may lose.
const COMMIT_AFTER: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(100);

impl Default for IngestOptions {
    fn default() -> IngestOptions {
        IngestOptions {
            network: None,
            until: None,
            threads: None,
            memory_limit: MEMORY_LIMIT,
            verify: true,
            commit_every: u64::MAX,
        }
    }
}

/// The network, and the magic of its records, that a name or eight hex digits mean.
pub fn network_named(name: &str) -> Result<(Network, Magic)> {
    if let Some(network) = Network::from_name(name) {
        return Ok((network, network.magic()));
    }
    let custom =
        (name.len() == 8 && name.bytes().all(|c| c.is_ascii_hexdigit())).then(|| u32::from_str_radix(name, 16).ok()).flatten();
    let magic = custom.ok_or_else(|| Error::UnknownNetwork { name: name.to_string() })?.to_be_bytes();
    Ok((plan::network_of(magic), magic))
}

/// Brings the store at `store` up to date with the block files in `blocks`, and makes it where there is none. `progress` is told
/// how far the work is, about ten times a second, and ends it when it returns false.
pub fn ingest(
    blocks: &Path,
    store: &Path,
    options: &IngestOptions,
    mut progress: impl FnMut(&Progress) -> bool,
) -> Result<IngestReport> {
    if options.memory_limit < LEAST_MEMORY {
        return Err(Error::MemoryLimit { limit: options.memory_limit, least: LEAST_MEMORY });
    }
    let files = BlockFiles::open(blocks)?;
    files.numbers()?;
    let source = std::fs::canonicalize(blocks).map_err(Error::io("look at", blocks))?;
    let Some(source_text) = source.to_str().filter(|text| !text.contains(['\n', '\r'])) else {
        let what = format!("the path {source:?} has a line break or bytes that are not text in it; give the folder another name");
        return Err(Error::Invalid { what });
    };
    let exists = store.join(crate::store::manifest::FILE).exists();
    let mut writer = if exists { Some(Writer::open(store)?) } else { None };
    if !exists {
        Writer::check_new(store)?;
    }
    let cache = writer.as_ref().and_then(|w| ScanCache::from_bytes(&w.scan()?));
    let cache = cache.filter(|c| c.source == source_text && c.key == files.key()).unwrap_or_default();
    let scan = scan_files(&files, &cache, options, writer.as_ref().map(|w| &w.manifest), &mut progress)?;
    let (network, magic) = match &writer {
        Some(writer) => network_of_store(&writer.manifest, &scan, &cache, options, blocks)?,
        None => plan::choose_network(&scan, options.network, blocks)?,
    };
    let report = IngestReport::new(store, network, magic, &scan);
    let Scan { records, files: scanned, .. } = scan;
    let tree = header_tree(records, &cache, magic);
    let mut writer = match writer.take() {
        Some(writer) => writer,
        None => {
            if tree.nodes().iter().all(|n| crate::blocks::headers::parent_of(&n.header) != [0; 32]) {
                return Err(Error::NoGenesis { path: blocks.to_path_buf() });
            }
            Writer::create(store, network, magic)?
        }
    };
    // Two indexes, and while one grows its old copy.
    writer.index_memory = options.memory_limit / 6;
    let mut ingest = Ingest {
        report,
        source: source_number(&mut writer.manifest, &source),
        folder: source_text.to_string(),
        scanned,
        started: Instant::now(),
        files: &files,
        options,
        tree,
        writer: &mut writer,
        going_back: false,
        progress: &mut progress,
    };
    let result = ingest.run();
    match ingest.finish(&cache, result) {
        Ok(report) => writer.close().map(|()| report),
        // All that was done is committed, so the next ingest has nothing to put right.
        Err(error @ Error::Interrupted { .. }) => writer.close().and(Err(error)),
        Err(error) => Err(error),
    }
}

fn scan_files(
    files: &BlockFiles,
    cache: &ScanCache,
    options: &IngestOptions,
    store: Option<&Manifest>,
    progress: &mut dyn FnMut(&Progress) -> bool,
) -> Result<Scan> {
    let custom = options.network.map(|(_, magic)| magic).or(store.map(|m| m.magic));
    let (started, mut last, mut bytes) = (Instant::now(), Instant::now(), 0);
    scan::scan(files, &cache.files, custom, |size| {
        bytes += size;
        if last.elapsed() < TICK {
            return Ok(());
        }
        last = Instant::now();
        let now = Progress { phase: Phase::Scan, bytes, seconds: started.elapsed().as_secs_f64(), ..Progress::default() };
        if progress(&now) { Ok(()) } else { Err(Error::Interrupted { height: store.map_or(0, |m| m.counts.blocks) as i64 - 1 }) }
    })
}

fn network_of_store(
    manifest: &Manifest,
    scan: &Scan,
    cache: &ScanCache,
    options: &IngestOptions,
    blocks: &Path,
) -> Result<(Network, Magic)> {
    let own = (manifest.network, manifest.magic);
    let wrong = |found: String, advice: &str| Error::WrongNetwork {
        wanted: plan::network_text(own.1, Some(own.0)),
        found,
        path: blocks.to_path_buf(),
        advice: advice.into(),
    };
    if let Some((network, magic)) = options.network.filter(|asked| *asked != own) {
        return Err(wrong(
            plan::network_text(magic, Some(network)),
            "the store is of another network than the one asked for; use a store for each",
        ));
    }
    let found = plan::count_by_magic(&scan.records);
    // What is new in files that are known may well be nothing but another network's.
    if cache.files.is_empty() && !found.is_empty() && !found.contains_key(&own.1) {
        let names: Vec<String> = found.keys().map(|magic| plan::network_text(*magic, None)).collect();
        return Err(wrong(names.join(" and "), "use a store for each network"));
    }
    Ok(own)
}

fn header_tree(records: Vec<Record>, cache: &ScanCache, magic: Magic) -> HeaderTree {
    let mut tree = HeaderTree::default();
    records.iter().filter(|record| record.magic == magic).for_each(|record| tree.add_at(record.hash, record.header, record.at));
    for (header, at) in &cache.headers {
        tree.add_at(crate::blocks::hash::double_sha256(&[header]), *header, *at);
    }
    tree
}

fn source_number(manifest: &mut Manifest, source: &PathBuf) -> u16 {
    let known = manifest.sources.iter().position(|s| s == source).unwrap_or_else(|| {
        manifest.sources.push(source.clone());
        manifest.sources.len() - 1
    });
    known as u16
}

struct Ingest<'a> {
    files: &'a BlockFiles,
    options: &'a IngestOptions,
    writer: &'a mut Writer,
    tree: HeaderTree,
    source: u16,
    folder: String,
    scanned: Vec<FileState>,
    /// Whether the store is between two chains; it is then not committed.
    going_back: bool,
    started: Instant,
    progress: &'a mut dyn FnMut(&Progress) -> bool,
    report: IngestReport,
}

/// How adding a plan's blocks ended.
enum End {
    Done,
    Invalid(PlannedBlock, BadBlock),
}

impl Ingest<'_> {
    /// Follows the best chain, and the next best one when a block of it proves to be invalid.
    fn run(&mut self) -> Result<()> {
        loop {
            self.connect();
            let Some(plan) = plan::plan(&self.tree, &self.writer.columns, self.options.until)? else { return Ok(()) };
            let end = if plan.keep < self.writer.counts().blocks {
                match self.bad_block_of(&plan)? {
                    Some((block, bad)) => End::Invalid(block, bad),
                    None => {
                        self.go_back(plan.keep)?;
                        self.add(&plan)?
                    }
                }
            } else {
                self.add(&plan)?
            };
            match end {
                End::Done => return Ok(()),
                End::Invalid(block, bad) => {
                    self.tree.reject(block.hash);
                    self.report.invalid_blocks.push(InvalidBlock::new(&block, bad, self.files));
                }
            }
        }
    }

    fn connect(&mut self) {
        let roots = plan::roots_in_store(&self.writer.columns, self.tree.parents_elsewhere());
        self.tree.connect(|hash| roots.get(hash).copied());
    }

    /// The first block that is damaged, among those that make another branch better than the store's. It is looked for before going
    /// back, so that a branch which is better only in its headers costs little, however often it is met.
    fn bad_block_of(&self, plan: &ChainPlan) -> Result<Option<(PlannedBlock, BadBlock)>> {
        let columns = &self.writer.columns;
        let own = Work::from_be_bytes(columns.blocks_work.get(columns.blocks_work.rows() - 1)?);
        let better = plan.add.iter().position(|block| block.work > own).map_or(plan.add.len(), |i| i + 1);
        let options = ParseOptions { verify: self.options.verify, seed: self.writer.manifest.seed };
        let pipeline = Pipeline::new(self.files, &plan.add[..better], options, 1);
        let outcomes = plan.add.iter().map_while(|block| pipeline.next().map(|outcome| (block, outcome)));
        Ok(outcomes.filter_map(|(block, outcome)| outcome.err().map(|bad| (block.clone(), bad))).next())
    }

    /// Takes the chain back to so many blocks. The headers of those that go are kept before they go: the scan passes their files over.
    fn go_back(&mut self, keep: u64) -> Result<()> {
        let columns = &self.writer.columns;
        plan::remember_blocks(&mut self.tree, columns, keep, self.source);
        if (keep..columns.blocks_hash.rows()).any(|height| self.tree.get(&columns.blocks_hash.value(height)).is_none()) {
            // They came from another folder, but may stand in this one too: the next scan looks at everything again.
            self.scanned.clear();
        }
        self.writer.set_scan(&self.scan_cache(keep).to_bytes())?;
        self.report.blocks_removed += self.writer.counts().blocks - keep;
        self.going_back = true;
        self.writer.roll_back(keep)?;
        self.going_back = false;
        Ok(())
    }

    fn add(&mut self, plan: &ChainPlan) -> Result<End> {
        let threads = self.options.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get())).max(1);
        let options = ParseOptions { verify: self.options.verify, seed: self.writer.manifest.seed };
        let pipeline = Pipeline::new(self.files, &plan.add, options, threads);
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| pipeline.work());
            }
            let _stop = pipeline.stop_when_dropped();
            self.add_from(plan, &pipeline, &WriteBack::start(scope))
        })
    }

    fn add_from(&mut self, plan: &ChainPlan, pipeline: &Pipeline<'_>, write_back: &WriteBack) -> Result<End> {
        let bytes_total = plan.add.iter().map(|b| b.places[0].length as u64).sum();
        let mut now = Progress { phase: Phase::Blocks, blocks_total: plan.add.len() as u64, bytes_total, ..Progress::default() };
        let mut scratch = Scratch::new(self.options.memory_limit);
        let (mut last_tick, mut last_commit, mut uncommitted) = (Instant::now(), Instant::now(), 0);
        while let Some(outcome) = pipeline.next() {
            let planned = &plan.add[now.blocks as usize];
            let (block, at) = match outcome {
                Ok(parsed) => parsed,
                Err(bad) => return Ok(End::Invalid(planned.clone(), bad)),
            };
            let facts = BlockEntry {
                work: planned.work,
                median_time: planned.median_time,
                source: self.source,
                file: at.file,
                offset: at.offset,
            };
            match add_block(self.writer, &mut scratch, &block, &facts) {
                Ok(overspent) => self.report.overspent += overspent,
                Err(RefusedBlock::Fault(fault)) => return Ok(End::Invalid(planned.clone(), BadBlock::Fault(fault, at))),
                Err(RefusedBlock::Error(error)) => return Err(error),
            }
            self.writer.flush_if_long()?;
            self.report.blocks_added += 1;
            self.report.transactions_added += block.txs.len() as u64;
            self.report.bytes_added += block.bytes.len() as u64 + 8;
            now.blocks += 1;
            now.bytes += block.bytes.len() as u64;
            uncommitted += 1;
            write_back.wrote(block.bytes.len() as u64, &self.writer.columns);
            if last_tick.elapsed() >= TICK || now.blocks == now.blocks_total {
                last_tick = Instant::now();
                now.height = planned.height;
                self.tell(&mut now)?;
            }
            if last_commit.elapsed() >= COMMIT_AFTER || uncommitted >= self.options.commit_every {
                self.writer.commit()?;
                (last_commit, uncommitted) = (Instant::now(), 0);
            }
        }
        Ok(End::Done)
    }

    fn tell(&mut self, now: &mut Progress) -> Result<()> {
        now.seconds = self.started.elapsed().as_secs_f64();
        let go_on = (self.progress)(now);
        if go_on { Ok(()) } else { Err(Error::Interrupted { height: self.writer.counts().blocks as i64 - 1 }) }
    }

    /// Commits what there is, also when the work ended early: it is all of whole blocks.
    fn finish(mut self, cache: &ScanCache, result: Result<()>) -> Result<IngestReport> {
        if self.going_back || matches!(result, Err(Error::Corrupt { .. })) {
            return Err(result.expect_err("a way back that ended well is over"));
        }
        self.connect();
        let new_cache = self.scan_cache(self.writer.counts().blocks);
        if self.writer.has_news() || new_cache != *cache {
            let mut now = Progress { phase: Phase::Index, ..Progress::default() };
            now.seconds = self.started.elapsed().as_secs_f64();
            (self.progress)(&now);
            // The first error is the one to tell: after a full disk the commit fails as well.
            if let (Err(error), Ok(()) | Err(Error::Interrupted { .. })) = (self.save(&new_cache), &result) {
                return Err(error);
            }
        }
        result?;
        self.describe_tree();
        let columns = &self.writer.columns;
        let blocks = columns.blocks_hash.rows();
        self.report.height = blocks.checked_sub(1).map(|h| h as u32);
        self.report.tip = blocks.checked_sub(1).map(|h| columns.blocks_hash.value(h));
        self.report.seconds = self.started.elapsed().as_secs_f64();
        Ok(self.report)
    }

    fn save(&mut self, cache: &ScanCache) -> Result<()> {
        self.writer.set_scan(&cache.to_bytes())?;
        memory::stay_within(self.options.memory_limit, || self.writer.release_memory());
        self.writer.commit_indexed(self.options.memory_limit / 6)
    }

    /// All headers that the files have and the first `blocks` of the chain have not.
    fn scan_cache(&self, blocks: u64) -> ScanCache {
        let columns = &self.writer.columns;
        let in_chain = |node: &&HeaderNode| {
            let height = node.connected.map_or(u64::MAX, |(height, _)| height as u64);
            height < blocks && columns.blocks_hash.value(height) == node.hash
        };
        let sizes: HashMap<u32, u64> = self.scanned.iter().map(|file| (file.number, file.size)).collect();
        let is_there = |at: &&Location| sizes.get(&at.file).is_some_and(|size| at.offset + at.length as u64 <= *size);
        let off_chain = self.tree.nodes().iter().filter(|node| !in_chain(node));
        let headers = off_chain.flat_map(|node| node.places.iter().filter(is_there).map(|at| (node.header, *at))).collect();
        ScanCache { source: self.folder.clone(), key: self.files.key(), files: self.scanned.clone(), headers }
    }

    fn describe_tree(&mut self) {
        let columns = &self.writer.columns;
        let blocks = columns.blocks_hash.rows();
        let stale = |node: &&HeaderNode| {
            node.connected
                .is_some_and(|(height, _)| (height as u64) < blocks && columns.blocks_hash.value(height as u64) != node.hash)
        };
        self.report.stale_blocks = self.tree.nodes().iter().filter(stale).count() as u64;
        self.report.gap = plan::gap(&self.tree, self.files);
    }
}
