//! What became possible between two versions of manifests, and what stopped being possible, network and mesh.

mod difference;
mod ends;
mod newcomers;
mod told;
mod who;

use std::collections::{BTreeMap, BTreeSet};

use meshgen_reach::{Bits, Cells, PortSet};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    Judges,
    list::{
        atoms::Atoms,
        kinds::Kinds,
        seen::{Numbered, Seen},
        table::Table,
    },
};
use difference::{Difference, Gain, difference};
use ends::Both;
use newcomers::Newcomers;

/// What differs between two versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// What may be possible now and was not, widest first.
    pub widened: Vec<Change>,
    /// What is not possible now and may have been, widest first.
    pub narrowed: Vec<Change>,
    /// Workloads that are new.
    pub added: Vec<String>,
    /// Workloads that are gone.
    pub removed: Vec<String>,
    /// What was assumed, in either version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumed: Vec<String>,
}

/// Pairs of ends that changed alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// Who connects.
    pub from: Vec<String>,
    /// Who is connected to.
    pub to: Vec<String>,
    /// By which ports.
    pub ports: PortSet,
    /// How many pairs these are. Of pods that are not there each description counts as one.
    pub pairs: u64,
    /// Whether one end is pods that are in neither version, by their description.
    pub unseen: bool,
    /// The layer that changed. Nothing where no pod may be in a mesh, and where the network alone is
    /// told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<ChangedLayer>,
    /// Which requests pass, on the side that is wider, if not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remains: Option<String>,
    /// Whether the wider side is not known.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
}

/// The layer that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangedLayer {
    /// The network lets more or less through.
    Network,
    /// The network lets both through, and the mesh differs.
    Mesh,
}

/// One version, as both layers see it.
pub(crate) struct Version {
    pub(crate) atoms: Atoms,
    cells: Cells,
    table: Table,
    seen: Numbered<Seen>,
    /// For each destination, its sources by both numbers.
    columns: Vec<Vec<((u32, u32), Bits)>>,
}

/// A pair of ends in both versions: what the network permits and what passes, by number; none if nothing does.
type Values = (Option<(u32, u32)>, Option<(u32, u32)>);

/// By what changed and whose sources they are, the destinations.
type Columns = BTreeMap<(Gain, Bits), Bits>;

impl Version {
    fn new(judges: &Judges<'_>) -> Version {
        let apart = judges.mesh.apart();
        let cells = judges.network.cells();
        let (atoms, pieces) = Atoms::new(judges.world, &cells, &apart);
        let mut kinds = Kinds::new(judges, &apart, &pieces);
        let mut table = Table::new(&cells, &atoms, &mut kinds, judges.mesh.may_refuse_the_outside());
        let seen = kinds.seen;
        let mut columns = vec![Vec::new(); atoms.len()];
        for (column, destinations) in std::mem::take(&mut table.both) {
            for destination in destinations.iter() {
                if let Some(slot) = columns.get_mut(destination as usize) {
                    slot.clone_from(&column);
                }
            }
        }
        Version { atoms, cells, table, seen, columns }
    }

    /// For each source its values, with a destination.
    fn row(&self, destination: Option<u32>) -> Vec<Option<(u32, u32)>> {
        let mut row = vec![None; self.atoms.len()];
        let column = destination.and_then(|d| self.columns.get(d as usize));
        for (value, sources) in column.into_iter().flatten() {
            for source in sources.iter() {
                if let Some(slot) = row.get_mut(source as usize) {
                    *slot = Some(*value);
                }
            }
        }
        row
    }
}

/// What was assumed, in either version.
fn assumed(versions: [&Judges<'_>; 2]) -> Vec<String> {
    let all: BTreeSet<&str> = versions.iter().flat_map(|judges| judges.world.assumed()).collect();
    all.into_iter().map(str::to_owned).collect()
}

impl<'a> Judges<'a> {
    /// What differs from this version to a newer one, for all that are in them, for the outside, and for pods that are
    /// not there. What is not known counts as possible; and where the mesh asks for something else of such pods, what is
    /// not known in either version counts as having become possible.
    pub fn compare(&self, newer: &Judges<'a>) -> Comparison {
        let network = self.network.compare(&newer.network);
        if !self.is_meshed() && !newer.is_meshed() {
            return Comparison { assumed: assumed([self, newer]), ..Comparison::from(network) };
        }
        let (old, new) = (Version::new(self), Version::new(newer));
        let both = Both::new(self, newer, &old, &new);
        let mut known: BTreeMap<Values, Difference> = BTreeMap::new();
        let (mut widened, mut narrowed) = (Columns::new(), Columns::new());
        for (to, ends) in both.joints() {
            let (before, after) = (old.row(ends.0), new.row(ends.1));
            let value = |row: &[Option<(u32, u32)>], atom: Option<u32>| {
                atom.and_then(|a| row.get(a as usize)).copied().flatten()
            };
            let mut alike: BTreeMap<Values, Bits> = BTreeMap::new();
            for (from, sources) in both.joints() {
                let pair = (value(&before, sources.0), value(&after, sources.1));
                if pair != (None, None) {
                    alike.entry(pair).or_default().insert(from);
                }
            }
            for (pair, sources) in alike {
                let found = known.entry(pair).or_insert_with(|| difference(&old, &new, pair));
                for (gains, all) in [(&found.gained, &mut widened), (&found.lost, &mut narrowed)] {
                    for gain in gains {
                        all.entry((gain.clone(), sources.clone())).or_default().insert(to);
                    }
                }
            }
        }
        let network = Comparison::from(network);
        let columns = [&widened, &narrowed];
        let versions = [&old, &new];
        let newcomers =
            Newcomers { judges: [self, newer], versions, both: &both, columns, network: &network };
        let [gained, lost] = newcomers.changes();
        let (added, removed) = (network.added, network.removed);
        let all = |columns, network: Vec<Change>, newcomers: Vec<Change>| {
            let mut changes: Vec<Change> = network.into_iter().filter(|change| change.unseen).collect();
            changes.extend(newcomers);
            changes.extend(both.changes(columns));
            changes
        };
        Comparison {
            widened: all(widened, network.widened, gained),
            narrowed: all(narrowed, network.narrowed, lost),
            added,
            removed,
            assumed: assumed([self, newer]),
        }
    }
}
