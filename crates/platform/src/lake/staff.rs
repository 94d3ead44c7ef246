//! The people who work here.

use super::bank::iban;
use super::draw::{Draw, changed_on, changes};
use super::frame::{Batches, Frame, in_chunks};
use super::generator::Market;
use super::vocabulary::{FIRST_NAMES, LAST_NAMES, TEAMS};

const EMPLOYEES: i64 = 120;
/// Ids of employees count from here.
const FIRST_EMPLOYEE: i64 = 1_001;
/// People who report to the same manager.
const TEAM_SIZE: i64 = 5;

impl Market {
    /// The people who work here on a day, and some who left.
    pub(super) fn employees(self, day: i64) -> Batches {
        struct Employee {
            id: i64,
            name: String,
            email: String,
            phone: Option<String>,
            team: &'static str,
            manager: Option<i64>,
            hired: i64,
            left: Option<i64>,
            salary: i64,
            iban: String,
        }
        in_chunks(EMPLOYEES, move |chunk| {
            let employee = |index: i64| {
                let id = FIRST_EMPLOYEE + index;
                let mut fixed = Draw::keyed(self.seed, "employee", &[id]);
                let first = fixed.pick(&FIRST_NAMES);
                let last = fixed.pick(&LAST_NAMES);
                let phone = (!fixed.percent(14)).then(|| {
                    let area = fixed.between(20, 89);
                    format!("+49 {area} {:07}", fixed.between(100_000, 9_999_999))
                });
                // Whoever is hired later reports to somebody who was there before.
                let oldest = 15_500 + index * 20;
                let recent = index > EMPLOYEES * 9 / 10;
                let hired = if recent {
                    // A place that is filled anew from time to time.
                    changed_on(self.seed, "hired", id, day, 120)
                } else {
                    oldest + fixed.between(0, 1_200)
                };
                let leaves = !recent && index > 0 && fixed.percent(11);
                let left = leaves.then(|| fixed.between(19_800, 20_200));
                let raised = changes(self.seed, "salary", id, day, 365);
                let salary = Draw::keyed(self.seed, "salary", &[id, raised]).between(0, 160_000)
                    + 260_000
                    + if index < 6 { 250_000 } else { 0 };
                Employee {
                    id,
                    name: format!("{first} {last}"),
                    email: format!("employee{id}@staff.example"),
                    phone,
                    team: if index == 0 {
                        TEAMS[0]
                    } else {
                        TEAMS[((index - 1) / TEAM_SIZE) as usize % TEAMS.len()]
                    },
                    manager: (index > 0).then(|| FIRST_EMPLOYEE + (index - 1) / TEAM_SIZE),
                    hired,
                    // It is known a month ahead who will leave.
                    left: left.filter(|left| *left <= day + 30),
                    salary,
                    iban: iban(&mut fixed),
                }
            };
            let rows: Vec<Employee> = chunk.map(employee).collect();
            Frame::default()
                .bigint("employee_id", rows.iter().map(|row| row.id))
                .text("full_name", rows.iter().map(|row| &row.name))
                .text("email", rows.iter().map(|row| &row.email))
                .maybe_text("phone", rows.iter().map(|row| row.phone.as_ref()))
                .text("team", rows.iter().map(|row| row.team))
                .bigint("manager_id", rows.iter().map(|row| row.manager))
                .date("hired_on", rows.iter().map(|row| row.hired))
                .date("left_on", rows.iter().map(|row| row.left))
                .decimal("monthly_salary", 10, 2, rows.iter().map(|row| row.salary))
                .text("iban", rows.iter().map(|row| &row.iban))
                .finish()
        })
    }
}
