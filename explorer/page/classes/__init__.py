"""A class walks along: a teacher opens a session, students join by its code, and their answers come together on a wall."""
