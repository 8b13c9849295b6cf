"""The exports of each platform, in the languages and variants that it writes."""

from __future__ import annotations

import pytest

from labgrader.rosters import Student
from tests.rosters.class_lists import problems, read

UTF16 = "\ufeff".encode("utf-16-le")

ADA = Student("ada", "0012", "Ada Lovelace", "ada@x.edu", "A")

EXPORTS: dict[str, tuple[str, str | bytes, str, Student]] = {
    "canvas with first and last names": (
        "canvas",
        "LastName,FirstName,ID,SIS User ID,SIS Login ID,Integration ID,Root Account,Section,Lab (1),Final Score\n"
        ",,,,,,,,Muted,\n    Points Possible,,,,,,,,100.00,(read only)\n"
        "Lovelace,Ada,1,0012,ada,,canvas.x.edu,A,,\nStudent,Test,2,,8f0c1d,,,A,,\n",
        "login",
        Student("ada", "0012", "Ada Lovelace", "", "A"),
    ),
    "canvas without sis ids": (
        "canvas",
        'Student,ID,SIS Login ID,Section,Lab (1)\n"Lovelace, Ada",1,ada@x.edu,A,\n',
        "login",
        Student("ada", "1", "Lovelace, Ada", "", "A"),
    ),
    "canvas with a points row in another language": (
        "canvas",
        'Student;ID;SIS Login ID;Section;Lab (1)\n    Mögliche Punkte;;;;100,00\n"Lovelace, Ada";1;ada;A;\n',
        "login",
        Student("ada", "1", "Lovelace, Ada", "", "A"),
    ),
    "canvas with an empty column at the left": (
        "canvas",
        ',Student,ID,SIS Login ID,Section,\n,,,,Manual Posting,\n,    Points Possible,,,,\n,"Lovelace, Ada",1,ada,A,\n',
        "login",
        Student("ada", "1", "Lovelace, Ada", "", "A"),
    ),
    "moodle worksheet in German": (
        "moodle-worksheet",
        'ID,"Vollständiger Name",E-Mail-Adresse,Status,Gruppe,Bewertung,Bestwertung,"Zuletzt geändert (Bewertung)"\n'
        'Teilnehmer/in100101,"Ada Lovelace",ada@x.edu,,A,,"100,00",-\n',
        "email",
        Student("ada", "ada", "Ada Lovelace", "ada@x.edu", "A"),
    ),
    "moodle worksheet in French": (
        "moodle-worksheet",
        "Identifiant;Nom complet;Numéro d’identification;Adresse de courriel;Groupe;Note;Dernière modification (note)\n"
        "Participant 1;Ada Lovelace;0012;ada@x.edu;A;;-\n",
        "email",
        ADA,
    ),
    "moodle worksheet in Spanish": (
        "moodle-worksheet",
        "Identificador,Nombre completo,Número de ID,Dirección de correo,Grupo,Calificación,"
        "Última modificación (calificación)\nParticipante 1,Ada Lovelace,0012,ada@x.edu,A,,-\n",
        "email",
        ADA,
    ),
    "moodle participants with a username": (
        "moodle-participants",
        "First name,Last name,Username,ID number,Email address,Groups\nAda,Lovelace,ada,0012,ada@x.edu,A\n",
        "login",
        ADA,
    ),
    "moodle participants in German": (
        "moodle-participants",
        "Vorname;Nachname;ID-Nummer;E-Mail-Adresse;Gruppen\nAda;Lovelace;0012;ada@x.edu;A\n",
        "email",
        ADA,
    ),
    "moodle participants in French": (
        "moodle-participants",
        "Prénom,Nom de famille,Numéro d'identification,Adresse de courriel,Groupes\nAda,Lovelace,0012,ada@x.edu,A\n",
        "email",
        ADA,
    ),
    "moodle participants in Spanish": (
        "moodle-participants",
        "Nombre,Apellido(s),Número de ID,Dirección de correo,Grupos\nAda,Lovelace,0012,ada@x.edu,A\n",
        "email",
        ADA,
    ),
    "names in one column each, Name for the last one": (
        "moodle-participants",
        "Vorname;Name;Matrikel-Nr.;E-Mail;Gruppe\nAda;Lovelace;0012;ada@x.edu;A\n",
        "email",
        ADA,
    ),
    "blackboard original: UTF-16 with tabs": (
        "blackboard",
        UTF16
        + (
            '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Quiz 3 [Total Pts: 10 Score] |664617"\r\n'
            '"Lovelace"\t"Ada"\t"ada"\t"0012"\t"9"\r\n"P"\t"Ada"\t"ada_previewuser"\t""\t""\r\n'
        ).encode("utf-16-le"),
        "login",
        Student("ada", "0012", "Ada Lovelace"),
    ),
    "blackboard in German": (
        "blackboard",
        '"Nachname","Vorname","Benutzername","Studierenden-ID","Letzter Zugriff","Verfügbarkeit"\n'
        '"Lovelace","Ada","ada","0012","","Ja"\n',
        "login",
        Student("ada", "0012", "Ada Lovelace"),
    ),
    "brightspace with usernames only": (
        "brightspace",
        "OrgDefinedId,Username,Lab 5 Points Grade,End-of-Line Indicator\n#0012,#ada,,#\n",
        "login",
        Student("ada", "0012"),
    ),
    "gradescope": (
        "gradescope",
        "First Name,Last Name,SID,Email,Sections,Lab 5,Lab 5 - Max Points,Total Lateness (H:M:S)\n"
        "Ada,Lovelace,0012,ada@x.edu,A,87.5,100,0:00:00\n",
        "email",
        ADA,
    ),
    "gradescope of earlier years": (
        "gradescope",
        "Name,SID,Email,Sections,Lab 5\nAda Lovelace,0012,ada@x.edu,A,1\n",
        "email",
        ADA,
    ),
    "github classroom roster with a blank behind a heading": (
        "github-classroom-roster",
        '"identifier","github_username","github_id","name "\n"0012","ada","1","Ada Lovelace"\n',
        "login",
        Student("ada", "0012", "Ada Lovelace"),
    ),
    "github classroom grades of two assignments": (
        "github-classroom-grades",
        '"assignment_name","github_username","roster_identifier"\n"lab1","ada","0012"\n"lab2","ada","0012"\n',
        "login",
        Student("ada", "0012"),
    ),
    "classroom 50": (
        "classroom50",
        "username,first_name,last_name,email,section,github_id,student_id\nada,Ada,Lovelace,ada@x.edu,A,1,0012\n",
        "login",
        ADA,
    ),
    "banner with students who left": (
        "banner",
        "Last Name,First Name,Middle Name,ID,Reg Status,Email,Section\n"
        "Lovelace,Ada,,0012,**Web Registered**,ada@x.edu,A\nB,B,,1,**Web Dropped**,b@x.edu,A\n"
        "C,C,,2,Course Withdrawal,c@x.edu,A\nD,D,,3,Wait Listed,d@x.edu,A\n",
        "email",
        ADA,
    ),
    "peoplesoft grade roster": ("peoplesoft-grades", "ID\tGrade\n0012\t\n", "student_id", Student("0012", "0012")),
    "any list with an address": (
        "list",
        "Student Number;Display name;E-Mail;Section;Shoe size\n0012;Ada Lovelace;ada@x.edu;A;39\n",
        "email",
        ADA,
    ),
}


@pytest.mark.parametrize(("shape", "content", "username_from", "student"), EXPORTS.values(), ids=EXPORTS)
def test_an_export_gives_its_student(shape: str, content: str | bytes, username_from: str, student: Student) -> None:
    found = read(content, username_from)
    assert problems(found) == []
    assert (found.format, found.students) == (shape, [student])


@pytest.mark.parametrize(("shape", "content", "username_from", "student"), EXPORTS.values(), ids=EXPORTS)
def test_a_login_is_no_username_unless_the_caller_says_so(
    shape: str, content: str | bytes, username_from: str, student: Student
) -> None:
    (problem,) = problems(read(content))
    assert " has no usernames, which begin the names of resources; use --username-from " in problem
    assert problem.endswith(" or --accounts FILE")


def test_columns_and_rows_that_are_passed_over_are_one_notice_each() -> None:
    found = read(EXPORTS["canvas with first and last names"][1], "login")
    assert found.notices == [
        "passed over 4 columns: Integration ID, Root Account, Lab (1), Final Score",
        "skipped, not a student: row 2 (Muted), 3 (Points Possible), 5 (Student, Test)",
        "usernames are made from login; none is changed",
    ]


def test_many_columns_are_counted_and_not_all_named() -> None:
    labs = ",".join(f"Lab {number} ({number})" for number in range(12))
    found = read(f"Student,ID,SIS Login ID,Section,{labs}\nAda,1,ada,A\n", "login")
    assert found.notices[0] == (
        "passed over 12 columns: Lab 0 (0), Lab 1 (1), Lab 2 (2), Lab 3 (3), Lab 4 (4), Lab 5 (5), Lab 6 (6), "
        "Lab 7 (7), Lab 8 (8), Lab 9 (9) and 2 more"
    )


def test_a_plain_list_with_an_unknown_column_stays_refused() -> None:
    assert problems(read("username,email,shoe size\nada,ada@x.edu,39\n")) == [
        "class.csv:1: shoe_size: unknown column; the columns are: student_id, username, name, email, section, "
        "account_id, region, role_arn, external_id"
    ]


def test_the_ways_to_a_username_are_those_that_the_list_has() -> None:
    assert problems(read("First name,Last name,Email address\nAda,Lovelace,ada@x.edu\n")) == [
        "class.csv: a list of participants of Moodle has no usernames, which begin the names of resources; "
        "use --username-from email or --accounts FILE"
    ]
    assert problems(read("First name,Last name,Email address\nAda,Lovelace,ada@x.edu\n", "login")) == [
        "class.csv: the class list has no column for login; it has: email"
    ]


def test_a_plain_list_without_usernames_names_the_options_in_a_notice() -> None:
    found = read("student_id,name\n0012,Ada\n")
    assert problems(found) == [
        "class.csv:1: username: this column is required",
        "class.csv:2: username: is empty",
    ]
    assert found.notices == ["usernames can be made or joined: use --username-from student_id or --accounts FILE"]
    assert read("student_id,name\n0012,Ada\n", "student_id").students == [Student("0012", "0012", "Ada")]
