// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import GRDB

/// The tables, step by step.
///
/// Steps that were released are never changed; new ones are appended.
enum GalleryMigrations {
    /// Brings a database to the present tables.
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("galleries", migrate: galleries)
        migrator.registerMigration("re-embedding", migrate: reembedding)
        migrator.registerMigration("counting by call", migrate: countingByCall)
        return migrator
    }()

    /// Vectors are little-endian `Float` blobs in the space of their gallery, times whole milliseconds since 1970, keys
    /// the form of a name that decides whether two are the same.
    @Sendable private static func galleries(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE galleries (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    name TEXT NOT NULL UNIQUE,
                    nameMatching TEXT NOT NULL,
                    space TEXT,
                    dimension INTEGER NOT NULL DEFAULT 0,
                    subjectCount INTEGER NOT NULL DEFAULT 0,
                    templateCount INTEGER NOT NULL DEFAULT 0,
                    pictureCount INTEGER NOT NULL DEFAULT 0,
                    awaitingErasure INTEGER NOT NULL DEFAULT 0,
                    -- Rises with every change that a search can notice.
                    revision INTEGER NOT NULL DEFAULT 0,
                    -- Rises when what was known of the templates is void as a whole.
                    epoch INTEGER NOT NULL DEFAULT 0
                );
                CREATE TABLE subjects (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    gallery INTEGER NOT NULL REFERENCES galleries(id) ON DELETE CASCADE,
                    name TEXT NOT NULL,
                    key TEXT NOT NULL,
                    created INTEGER NOT NULL,
                    templateCount INTEGER NOT NULL DEFAULT 0,
                    UNIQUE (gallery, key)
                );
                CREATE TABLE templates (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    gallery INTEGER NOT NULL REFERENCES galleries(id) ON DELETE CASCADE,
                    subject INTEGER NOT NULL REFERENCES subjects(id) ON DELETE CASCADE,
                    uuid BLOB NOT NULL,
                    embedding BLOB NOT NULL,
                    box BLOB,
                    quality REAL,
                    metadata BLOB NOT NULL,
                    enrolled INTEGER NOT NULL,
                    pictureSize INTEGER,
                    UNIQUE (gallery, uuid)
                );
                CREATE INDEX templatesOfSubject ON templates(subject);
                CREATE INDEX templatesOfGallery ON templates(gallery);
                CREATE TABLE pictures (
                    template INTEGER PRIMARY KEY REFERENCES templates(id) ON DELETE CASCADE,
                    bytes BLOB NOT NULL
                );
                -- Templates that were removed or changed, for the search indexes of all processes.
                CREATE TABLE changes (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    gallery INTEGER NOT NULL REFERENCES galleries(id) ON DELETE CASCADE,
                    template INTEGER NOT NULL
                );
                CREATE INDEX changesOfGallery ON changes(gallery, id);

                CREATE TRIGGER subjectAdded AFTER INSERT ON subjects BEGIN
                    UPDATE galleries SET subjectCount = subjectCount + 1 WHERE id = new.gallery;
                END;
                CREATE TRIGGER subjectRemoved AFTER DELETE ON subjects BEGIN
                    UPDATE galleries SET subjectCount = subjectCount - 1 WHERE id = old.gallery;
                END;
                CREATE TRIGGER templateAdded AFTER INSERT ON templates BEGIN
                    UPDATE galleries SET templateCount = templateCount + 1,
                        pictureCount = pictureCount + (new.pictureSize IS NOT NULL) WHERE id = new.gallery;
                    UPDATE subjects SET templateCount = templateCount + 1 WHERE id = new.subject;
                END;
                CREATE TRIGGER templateRemoved AFTER DELETE ON templates BEGIN
                    UPDATE galleries SET templateCount = templateCount - 1,
                        pictureCount = pictureCount - (old.pictureSize IS NOT NULL),
                        awaitingErasure = awaitingErasure + 1 WHERE id = old.gallery;
                    UPDATE subjects SET templateCount = templateCount - 1 WHERE id = old.subject;
                    INSERT INTO changes (gallery, template)
                        SELECT old.gallery, old.id WHERE EXISTS (SELECT 1 FROM galleries WHERE id = old.gallery);
                END;
                CREATE TRIGGER templateMoved AFTER UPDATE OF subject ON templates WHEN new.subject <> old.subject BEGIN
                    UPDATE subjects SET templateCount = templateCount - 1 WHERE id = old.subject;
                    UPDATE subjects SET templateCount = templateCount + 1 WHERE id = new.subject;
                    INSERT INTO changes (gallery, template) VALUES (new.gallery, new.id);
                END;
                """
        )
    }

    @Sendable private static func reembedding(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE galleries ADD COLUMN stagedSpace TEXT;
                ALTER TABLE galleries ADD COLUMN stagedDimension INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE galleries ADD COLUMN stagedCount INTEGER NOT NULL DEFAULT 0;
                CREATE TABLE staged (
                    template INTEGER PRIMARY KEY REFERENCES templates(id) ON DELETE CASCADE,
                    gallery INTEGER NOT NULL REFERENCES galleries(id) ON DELETE CASCADE,
                    embedding BLOB NOT NULL
                );
                CREATE INDEX stagedOfGallery ON staged(gallery);
                CREATE TRIGGER stagedAdded AFTER INSERT ON staged BEGIN
                    UPDATE galleries SET stagedCount = stagedCount + 1 WHERE id = new.gallery;
                END;
                CREATE TRIGGER stagedRemoved AFTER DELETE ON staged BEGIN
                    UPDATE galleries SET stagedCount = stagedCount - 1 WHERE id = old.gallery;
                END;
                """
        )
    }

    /// A call that enrols a thousand templates counts them once: see ``TemplateInsertion``.
    @Sendable private static func countingByCall(_ db: Database) throws {
        try db.execute(sql: "DROP TRIGGER templateAdded")
    }
}
