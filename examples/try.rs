use satrail::chain::Chain;
use satrail::cluster::*;
use satrail::ids::AddrNum;
use std::time::Instant;
fn main() {
    let chain = Chain::open(std::path::Path::new("/tmp/big/store")).unwrap();
    let mut yes = || true;
    for threads in [1, 2] {
        for coinjoins in [CoinJoins::Include, CoinJoins::Exclude] {
            let t = Instant::now();
            let c = chain.cluster_anew(Settings { coinjoins, ..Settings::of(chain.network()) }, threads, &mut yes).unwrap();
            println!("anew {threads} {coinjoins:?}: {} clusters {} links {:?}", c.count(), c.links().len(), t.elapsed());
        }
    }
    for _ in 0..2 {
        let t = Instant::now();
        let c = chain.cluster(Settings::of(chain.network()), 2, &mut yes).unwrap();
        println!("kept {:?}", t.elapsed());
        let t = Instant::now();
        let l = c.largest(5);
        println!("largest {:?} {:?}", l.iter().map(|n| c.members(*n).len()).collect::<Vec<_>>(), t.elapsed());
        let t = Instant::now();
        let m = c.members(l[0]);
        let (mut worst, mut most) = (std::time::Duration::ZERO, 0);
        for i in 0..1000 {
            let (a, b) = (m[i * 7919 % m.len()], m[i * 104729 % m.len()]);
            let t = Instant::now();
            let p = c.why(AddrNum(a), AddrNum(b)).unwrap();
            worst = worst.max(t.elapsed());
            most = most.max(p.steps().len());
        }
        println!("why 1000: {:?} worst {worst:?} most steps {most}", t.elapsed());
        let t = Instant::now();
        let names = c.names(2);
        let tab = c.totals(&names, &mut yes).unwrap();
        println!("totals of {} {:?}", tab.len(), t.elapsed());
        let t = Instant::now();
        let f = c.flows(None, &mut yes).unwrap();
        println!("flows {} {:?}", f.len(), t.elapsed());
        let t = Instant::now();
        println!("digest {} {:?}", satrail::ids::hex(&c.digest().unwrap()), t.elapsed());
        let t = Instant::now();
        let p = c.why_shortest(AddrNum(m[0]), AddrNum(m[m.len() - 1]), &mut yes).unwrap();
        println!("shortest {} {:?}", p.steps().len(), t.elapsed());
        let t = Instant::now();
        let p = c.bridges(AddrNum(m[0]), AddrNum(m[m.len() - 1]), &mut yes).unwrap();
        println!("bridges {} {:?}", p.len(), t.elapsed());
    }
}
