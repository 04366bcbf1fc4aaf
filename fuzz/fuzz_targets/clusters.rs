//! Damaged files of kept clusters: the clusters are those of the chain, or, where even the checksums were put right, at least no panic.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use satrail::chain::Chain;
use satrail::cluster::{Clusters, Settings};
use satrail::ids::AddrNum;
use satrail_fuzz::{Damage, Files, make_store};
use tempfile::TempDir;
use xxhash_rust::xxh3::xxh3_64;

struct Sound {
    store: TempDir,
    digest: [u8; 32],
    kept: Files,
}

/// A store with kept clusters. Two owners that must stay apart make them refuse unions.
static SOUND: LazyLock<Sound> = LazyLock::new(|| {
    let store = tempfile::tempdir().expect("a temporary folder can be made");
    make_store(store.path());
    let chain = Chain::open(store.path()).expect("the store is good");
    let digest = cluster(&chain).digest().expect("the store is good");
    let kept = Files::of(&store.path().join("clusters")).only(|name| !name.ends_with(".lock"));
    Sound { store, digest, kept }
});

fn cluster(chain: &Chain) -> Clusters {
    let mut settings = Settings::of(chain.network());
    let (first, second) = joined(chain);
    settings.cannot_link.add(vec![(first, 0)]).expect("one owner is no contradiction");
    settings.cannot_link.add(vec![(second, 1)]).expect("another address is no contradiction");
    chain.cluster(settings, 1, &mut || true).expect("the store is good")
}

/// Two addresses that the rules would join.
fn joined(chain: &Chain) -> (AddrNum, AddrNum) {
    static PAIR: LazyLock<std::sync::OnceLock<(AddrNum, AddrNum)>> = LazyLock::new(Default::default);
    *PAIR.get_or_init(|| {
        let all = chain.cluster_anew(Settings::of(chain.network()), 1, &mut || true).expect("the store is good");
        let edge = all.links().last().expect("the bundled chain has wallets");
        (edge.left, edge.right)
    })
}

/// Rows and text as if they had been written like this: every sum fits what it stands for.
fn put_right(files: &mut Files) {
    let (links, refused) = (files.bytes_mut(".links").clone(), files.bytes_mut(".refused").clone());
    let text = String::from_utf8_lossy(files.bytes_mut(".text")).into_owned();
    let Some((body, _)) = text.trim_end().rsplit_once('\n') else { return };
    let (mut lines, mut before) = (Vec::new(), (0, 0));
    for line in body.split('\n') {
        let words: Vec<&str> = line.split(' ').collect();
        let ["segment", blocks, hash, links_end, refused_end, ..] = words[..] else {
            lines.push(line.to_string());
            continue;
        };
        let end = |count: &str, row: usize| count.parse::<usize>().ok().and_then(|count| count.checked_mul(row)).unwrap_or(0);
        let ends = (end(links_end, 24), end(refused_end, 32));
        let sum = |bytes: &[u8], from: usize, to: usize| xxh3_64(bytes.get(from..to).unwrap_or_default());
        let (of_links, of_refused) = (sum(&links, before.0, ends.0), sum(&refused, before.1, ends.1));
        lines.push(format!("segment {blocks} {hash} {links_end} {refused_end} {of_links:016x} {of_refused:016x}"));
        before = ends;
    }
    let body = lines.join("\n");
    *files.bytes_mut(".text") = format!("{body}\nchecksum {:016x}\n", xxh3_64(body.as_bytes())).into_bytes();
}

fuzz_target!(|given: (bool, Vec<Damage>)| {
    let (right, damages) = given;
    let Sound { store, digest, kept } = &*SOUND;
    let mut files = kept.damaged(&damages);
    if right {
        put_right(&mut files);
    }
    files.write(&store.path().join("clusters"));
    let chain = Chain::open(store.path()).expect("the store is good");
    let clusters = cluster(&chain);
    let made = clusters.digest();
    if !right {
        assert!(made.is_ok_and(|made| made == *digest), "damaged files have changed the clusters");
        return;
    }
    _ = clusters.at_height(100).and_then(|then| then.digest());
    for address in (0..chain.counts().addresses as u32).step_by(97).map(AddrNum) {
        _ = clusters.name_of(address).map(|name| clusters.members(name).len());
    }
});
