//! The fast judge and the naive one agree about random clusters.

use std::collections::BTreeSet;

use meshgen_mesh::Outcome;
use meshgen_oracle::{
    naive::mesh::{How, Request, Seen, Token},
    random::{
        Choices,
        mesh::{self, Size},
    },
};
use proptest::prelude::*;
use serde_json::Value;

use crate::{
    stretch::{Pick, stretched},
    world::{Door, OUTSIDE, World, one, running},
};

/// Every connection of a cluster, asked of both judges: how many, and those about which they differ.
fn differences(all: &[Value], seed: u64) -> (usize, Vec<String>) {
    let world = World::new(all);
    let requests = requests(seed);
    let mut clients: Vec<String> = world.naive.pods().collect();
    clients.push(OUTSIDE.to_owned());
    let (mut compared, mut found) = (0, Vec::new());
    for door in doors(&world) {
        for client in &clients {
            let (mut other, mut answers) = (Seen::Unknown, Vec::new());
            for request in std::iter::once(None).chain(requests.iter().map(Some)) {
                let (fast, naive) = world.both(client, &door, request);
                compared += 1;
                match request {
                    None => other = naive,
                    // What a token does that nobody signed is not told of a port.
                    Some(r) if r.token == Token::Invalid => {}
                    Some(_) => answers.push(naive),
                }
                let as_good = fast == Seen::Unknown || (is_refused(fast) && is_refused(naive));
                if fast != naive && !(as_good && is_unclear(&world, client, &door)) {
                    let what = request.map_or("something".to_owned(), |r| format!("{r:?}"));
                    found.push(format!("{client} => {door:?}: {what}: fast {fast:?}, naive {naive:?}"));
                }
            }
            let any = world.fast.any(&one(client, &door, None)).unwrap();
            // Where it is not known who has a sidecar, neither is how that is refused which is refused by all.
            let refused = !matches!(any, Outcome::Open | Outcome::Partial(_) | Outcome::Unknown);
            let by_all = answers.iter().all(|seen| is_refused(*seen)) && is_refused(other);
            let unclear = is_unclear(&world, client, &door);
            let as_good = refused && by_all && unclear;
            if !as_good && !holds(&any, other, &answers, unclear) {
                found.push(format!("{client} => {door:?}: any {any:?}, naive {other:?}, {answers:?}"));
            }
        }
    }
    found.extend(clients.iter().flat_map(|c| judged(&world, c, &requests)));
    (compared, found)
}

/// What the judges of both layers together say of a port of a pod: by the way of dialling that lets most through.
fn judged(world: &World, client: &str, requests: &[Request]) -> Vec<String> {
    let all = world.naive.doors();
    let mut found = Vec::new();
    for server in world.naive.pods().filter(|server| server != client) {
        for port in [8080, 9000, 8888, 9080, 3306] {
            let leading = all.iter().filter(|(.., led)| led.contains(&(server.clone(), port)));
            let mut ways: Vec<_> =
                leading.map(|(service, number, _)| Some((service.clone(), *number))).collect();
            // The first Service is what clients are taken to dial, if there is one; then the pod's address is tried.
            ways.insert(ways.len().min(1), None);
            for request in requests.iter().take(2) {
                let door = |by| Door { server: server.clone(), port, by };
                let tried =
                    ways.iter().map(|by| world.naive.seen(&one(client, &door(by.clone()), Some(request))));
                let naive = loosest(tried.map(Option::unwrap));
                let door = door(None);
                let fast = world.fast.verdict(&one(client, &door, Some(request))).map(|o| o.word());
                let both_refuse = naive.is_some_and(is_refused) && !matches!(fast, Some("open" | "unknown"));
                let as_good = fast == Some("unknown") || both_refuse;
                let naive = naive.map(word);
                if fast != naive && !(as_good && is_unclear(world, client, &door)) {
                    found.push(format!("{client} => {door:?}, verdict: fast {fast:?}, naive {naive:?}"));
                }
            }
        }
    }
    found
}

fn is_refused(seen: Seen) -> bool {
    !matches!(seen, Seen::Open | Seen::Unknown)
}

/// The first that is not refused, else the first of all.
fn loosest(all: impl Iterator<Item = Seen>) -> Option<Seen> {
    let mut first = None;
    for seen in all {
        if !is_refused(seen) {
            return Some(seen);
        }
        first = first.or(Some(seen));
    }
    first
}

/// Where it is not known who has a sidecar, or what is sent past it, the naive judge follows both ways to the end, and the
/// fast one need not; and policies of the network may know a pod by what injection adds, so that how it is refused is not
/// known.
fn is_unclear(world: &World, client: &str, door: &Door) -> bool {
    let hows = [client, &door.server].map(|pod| world.naive.how_is(pod));
    // Whether a sidecar and the proxy of a node talk HBONE may not be known either.
    let mixed = hows.contains(&Some(How::Ambient)) && hows.iter().any(|how| *how != Some(How::Ambient));
    hows.contains(&Some(How::Unknown)) || mixed || world.naive.may_send_past(client) == Some(true)
}

fn word(seen: Seen) -> &'static str {
    match seen {
        Seen::Open => "open",
        Seen::Timeout => "timeout",
        Seen::Reset => "reset",
        Seen::Closed => "closed",
        Seen::Forbidden => "forbidden",
        Seen::Unavailable => "unavailable",
        Seen::Unknown => "unknown",
    }
}

/// Whether what is said of any request holds for the requests that were tried, and for what is none.
fn holds(any: &Outcome, other: Seen, requests: &[Seen], unclear: bool) -> bool {
    let none = |seen: Seen| other != seen && !requests.contains(&seen);
    match any {
        // What is no request gets nowhere on a port of HTTP, and need not; nor is it known, where it is not known
        // whether the client has a sidecar that tells HTTP apart.
        Outcome::Open => {
            requests.iter().all(|s| *s == Seen::Open)
                && matches!(other, Seen::Open | Seen::Unavailable | Seen::Unknown)
        }
        Outcome::Timeout => {
            let mut all = requests.iter().chain([&other]);
            // Whether the client's own sidecar answers first is not known where it is not known whether there is one.
            all.all(|s| matches!(s, Seen::Timeout | Seen::Unavailable) || (unclear && *s == Seen::Unknown))
        }
        Outcome::Reset | Outcome::Closed | Outcome::Forbidden | Outcome::Unavailable => {
            none(Seen::Open) && none(Seen::Timeout) && none(Seen::Unknown)
        }
        Outcome::Partial(_) => {
            let mut all = requests.iter().chain([&other]);
            none(Seen::Timeout) && all.any(|s| !matches!(s, Seen::Reset))
        }
        Outcome::Unknown => true,
    }
}

/// Each port of each Service with each pod behind it, and by the pod's address; and ports that none declares.
fn doors(world: &World) -> BTreeSet<Door> {
    let mut all = BTreeSet::new();
    for (service, port, led) in world.naive.doors() {
        for (server, pod_port) in led {
            all.insert(Door { server: server.clone(), port: pod_port, by: Some((service.clone(), port)) });
            all.insert(Door { server, port: pod_port, by: None });
        }
    }
    for server in world.naive.pods() {
        all.extend([8080, 7777, 15020].map(|port| Door { server: server.clone(), port, by: None }));
    }
    all
}

/// Some of the requests that policies could tell apart.
fn requests(seed: u64) -> Vec<Request> {
    let mut pick = Pick::new(seed);
    let claim = |name: &str, value: &str| (vec![name.to_owned()], vec![value.to_owned()]);
    let tokens = [
        Token::None,
        Token::None,
        Token::Invalid,
        Token::Valid([claim("iss", "iss"), claim("sub", "sub"), claim("a", "b")].into()),
    ];
    let mut one = || Request {
        method: (*pick.of(&["GET", "POST", "PUT"])).to_owned(),
        path: (*pick.of(&["/x", "/x/", "/x/y", "/y", "/", "/y/../x?a", "//x"])).to_owned(),
        host: (*pick.of(&["w0.n0", "w0.n0:8080", "w1.n1", "W1.N0", "other"])).to_owned(),
        headers: if pick.once_in(2) { [("x-a".to_owned(), "1".to_owned())].into() } else { [].into() },
        token: pick.of(&tokens).clone(),
    };
    (0..6).map(|_| one()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn about_clusters_with_a_mesh(n in proptest::collection::vec(any::<u32>(), 0..600), seed in 0_u64..1000) {
        let all = stretched(running(mesh::cluster(&mut Choices::new(n), Size::SMALL)), seed);
        let (_, found) = differences(&all, seed);
        let shown = serde_json::to_string_pretty(&all).unwrap();
        prop_assert!(found.is_empty(), "{shown}\n{}", found.join("\n"));
    }
}

/// Thousands of clusters: `cargo test --release -p meshgen-oracle --test mesh -- --ignored --nocapture`.
#[test]
#[ignore = "takes minutes"]
#[expect(clippy::disallowed_methods, reason = "where to begin is up to who runs it")]
fn about_thousands() {
    let number = |key: &str| std::env::var(key).ok().and_then(|s| s.parse::<u64>().ok());
    let (first, many) = (number("SEED").unwrap_or(0), number("CASES").unwrap_or(2000));
    let (mut compared, mut differing) = (0, 0);
    for seed in first..first + many {
        let seen = running(mesh::cluster(&mut Choices::seeded(seed), Size::SMALL));
        let all = if seed % 4 == 0 { seen } else { stretched(seen, seed) };
        let (n, found) = differences(&all, seed);
        compared += n;
        differing += found.len();
        for line in found.iter().take(2) {
            if std::env::var("SHOW").is_ok() {
                println!("{}", serde_json::to_string(&all).unwrap());
            }
            println!("seed {seed}: {line}");
        }
    }
    println!("{many} clusters from seed {first}, {compared} connections compared, {differing} differ");
    assert_eq!(differing, 0);
}
