//! The table of the network and what the mesh makes of it, together.

use std::collections::BTreeMap;

use meshgen_mesh::{HBONE, Outcome};
use meshgen_reach::{Bits, Cells, Permitted, PortSet, Protocol};

use super::{
    atoms::{Atoms, ServerKind},
    kinds::{Kinds, OPEN, Profile, Wire},
    seen::{Numbered, Seen},
};

/// What may pass: ports by what is seen of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Passing {
    /// Open for sure.
    pub(crate) sure: PortSet,
    /// Of which it is not known, by the network.
    pub(crate) unknown: PortSet,
    /// Open for some requests, and of which the mesh does not know, by the number of what is seen.
    pub(crate) seen: Vec<(u32, PortSet)>,
}

/// What the network lets through and the mesh refuses: ports by the number of what is seen.
pub(crate) type Refused = Vec<(u32, PortSet)>;

/// Destinations with the same sources by the same values.
pub(crate) type Columns<T> = BTreeMap<Vec<(T, Bits)>, Bits>;

/// All destinations with their sources.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) passing: Columns<u32>,
    pub(crate) refused: Columns<u32>,
    pub(crate) passings: Numbered<Passing>,
    pub(crate) refusals: Numbered<Refused>,
    /// By what the network permits and what passes, both by number: for comparisons.
    pub(crate) both: Columns<(u32, u32)>,
}

impl Table {
    pub(crate) fn new(cells: &Cells, atoms: &Atoms, kinds: &mut Kinds<'_, '_>, outside: bool) -> Table {
        let mut table = Table::default();
        let nothing = (table.passings.number(Passing::default()), table.refusals.number(Refused::new()));
        let mut rows: BTreeMap<ServerKind, Option<BTreeMap<u32, Bits>>> = BTreeMap::new();
        let mut known: BTreeMap<(u32, u32), (u32, u32)> = BTreeMap::new();
        let mut clients: BTreeMap<Bits, Bits> = BTreeMap::new();
        for (destinations, column) in &cells.columns {
            let column: Vec<(u32, Bits)> =
                column.iter().map(|(value, sources)| (*value, atoms.expand(sources))).collect();
            let mut servers: BTreeMap<ServerKind, Bits> = BTreeMap::new();
            for atom in atoms.expand(destinations).iter() {
                if let Some(kind) = atoms.servers.get(atom as usize) {
                    servers.entry(*kind).or_default().insert(atom);
                }
            }
            for (kind, destinations) in servers {
                let row = rows.entry(kind).or_insert_with(|| {
                    // What is outside is asked about only where some sidecar may refuse it.
                    let asked = outside || !matches!(kind, ServerKind::Outside(_));
                    let row = asked.then(|| kinds.row(kind));
                    row.filter(|row| row.keys().any(|profile| *profile != kinds.open))
                        .map(|row| atoms.spread(&row, &mut clients))
                });
                let (mut passing, mut refused, mut both) =
                    (BTreeMap::new(), BTreeMap::new(), BTreeMap::<_, Bits>::new());
                for (value, sources) in &column {
                    for (profile, sources) in meeting(row.as_ref(), sources, kinds.open) {
                        let ids = *known.entry((*value, profile)).or_insert_with(|| {
                            let value = cells.values.get(*value as usize).cloned().unwrap_or_default();
                            let (passing, refused) =
                                together(&value, kinds.profiles.get(profile), &kinds.seen);
                            (table.passings.number(passing), table.refusals.number(refused))
                        });
                        let all = both.entry((*value, ids.0)).or_default();
                        *all = all.union(&sources);
                        add(&mut passing, ids.0, nothing.0, &sources);
                        add(&mut refused, ids.1, nothing.1, &sources);
                    }
                }
                let both = table.both.entry(both.into_iter().collect()).or_default();
                *both = both.union(&destinations);
                let passing = table.passing.entry(passing.into_iter().collect()).or_default();
                *passing = passing.union(&destinations);
                let refused = table.refused.entry(refused.into_iter().collect()).or_default();
                *refused = refused.union(&destinations);
            }
        }
        table
    }
}

/// Sources by what they see.
fn meeting(row: Option<&BTreeMap<u32, Bits>>, sources: &Bits, open: u32) -> Vec<(u32, Bits)> {
    let Some(row) = row else { return vec![(open, sources.clone())] };
    let met = row.iter().map(|(profile, clients)| (*profile, clients.intersection(sources)));
    met.filter(|(_, sources)| !sources.is_empty()).collect()
}

fn add(all: &mut BTreeMap<u32, Bits>, number: u32, nothing: u32, sources: &Bits) {
    if number != nothing {
        let set = all.entry(number).or_default();
        *set = set.union(sources);
    }
}

/// What becomes of what the network permits.
fn together(value: &Permitted, profile: Option<&Profile>, seen: &Numbered<Seen>) -> (Passing, Refused) {
    let tcp = PortSet::protocol(Protocol::Tcp);
    let (sure, possible) = (&value.sure, &value.possible);
    let Some(profile) = profile else {
        return (Passing { unknown: possible.clone(), ..Passing::default() }, Refused::new());
    };
    // The network is asked for the port of the proxies, and what it says holds for all ports (I11).
    let tunnel =
        |set: &PortSet| if set.contains(Protocol::Tcp, HBONE) { tcp.clone() } else { PortSet::default() };
    // UDP and SCTP go past the mesh (I10).
    let others = possible.minus(sure).minus(&tcp);
    let mut passing = Passing { sure: sure.minus(&tcp), unknown: others, seen: Vec::new() };
    let mut refused = Refused::new();
    for ((number, wire), ports) in &profile.ports {
        let (sure, possible) = match wire {
            Wire::Own => (sure.clone(), possible.clone()),
            Wire::Hbone => (tunnel(sure), tunnel(possible)),
            Wire::Either => (sure.intersection(&tunnel(sure)), possible.union(&tunnel(possible))),
        };
        let (open, perhaps) = (sure.intersection(ports), possible.minus(&sure).intersection(ports));
        match seen.get(*number).map(|s| &s.outcome) {
            Some(Outcome::Open) if *number == OPEN => {
                passing.sure = passing.sure.union(&open);
                passing.unknown = passing.unknown.union(&perhaps);
            }
            Some(Outcome::Open | Outcome::Partial(_)) | None => {
                passing.unknown = passing.unknown.union(&perhaps);
                put(&mut passing.seen, *number, open);
            }
            Some(Outcome::Unknown) => put(&mut passing.seen, *number, open.union(&perhaps)),
            // What the mesh refuses is refused whatever becomes of the packets below.
            Some(
                Outcome::Timeout
                | Outcome::Reset
                | Outcome::Closed
                | Outcome::Forbidden
                | Outcome::Unavailable,
            ) => put(&mut refused, *number, open.union(&perhaps)),
        }
    }
    debug_assert!(seen.get(OPEN).is_some_and(|s| s.outcome == Outcome::Open));
    (passing, refused)
}

fn put(all: &mut Vec<(u32, PortSet)>, number: u32, ports: PortSet) {
    if !ports.is_empty() {
        all.push((number, ports));
    }
}
