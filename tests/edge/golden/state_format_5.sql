-- A journal of format 5, as the program of that time made it of that of format 4.
BEGIN TRANSACTION;
CREATE TABLE event (
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, item TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL
);
INSERT INTO "event" VALUES(1,0.0,'55579b557896d0ce1764c47fed644f9b35f58bad620674af23f356d80ed0c503','Planned','{"item":{"key":"55579b557896d0ce1764c47fed644f9b35f58bad620674af23f356d80ed0c503","id":"anna","name":"anna.mp4","portrait":{"ref":"portraits/anna.jpg","sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","mime":"image/jpeg","bytes_":48211,"width":768,"height":1024},"prompt":"She winks.","prompt_optimizer":true,"take":1,"model":"S2V-01","tags":["wink","女"],"metadata":{"licence":"CC0","age":31,"ok":true}}}');
INSERT INTO "event" VALUES(2,1.0,'55579b557896d0ce1764c47fed644f9b35f58bad620674af23f356d80ed0c503','Intended','{"attempt":1,"provider":"minimax","price":{"micros":650000,"currency":"USD"}}');
INSERT INTO "event" VALUES(3,2.0,'55579b557896d0ce1764c47fed644f9b35f58bad620674af23f356d80ed0c503','Accepted','{"job_id":"106916112212032","trace_id":"t-1"}');
INSERT INTO "event" VALUES(4,3.0,'55579b557896d0ce1764c47fed644f9b35f58bad620674af23f356d80ed0c503','Seen','{"status":"Queueing"}');
INSERT INTO "event" VALUES(5,4.0,'55579b557896d0ce1764c47fed644f9b35f58bad620674af23f356d80ed0c503','Finished','{"output":{"file_id":"17"}}');
INSERT INTO "event" VALUES(6,5.0,'55579b557896d0ce1764c47fed644f9b35f58bad620674af23f356d80ed0c503','Saved','{"artifact":{"bytes_":13,"sha256":"12601ce7d7a1bb7d923dc3c6c24bc63aa712671ee246bc4bee9b6d1377d3558d"}}');
INSERT INTO "event" VALUES(7,6.0,'55579b557896d0ce1764c47fed644f9b35f58bad620674af23f356d80ed0c503','Checked','{"clip":{"seconds":5.64,"width":1280,"height":720,"fps":25.0,"frames":141,"codec":"h264","has_audio":false,"decoded":true}}');
INSERT INTO "event" VALUES(8,0.0,'32987c4b7a9fb90e729425fc63e7bb81ce2cb1f80140ddeddc968aa79a34e8f8','Planned','{"item":{"key":"32987c4b7a9fb90e729425fc63e7bb81ce2cb1f80140ddeddc968aa79a34e8f8","id":"bert","name":"bert.mp4","portrait":{"ref":"portraits/anna.jpg","sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","mime":"image/jpeg","bytes_":48211,"width":768,"height":1024},"prompt":"She winks.","prompt_optimizer":true,"take":1,"model":"S2V-01","tags":[],"metadata":{}}}');
INSERT INTO "event" VALUES(9,1.0,'32987c4b7a9fb90e729425fc63e7bb81ce2cb1f80140ddeddc968aa79a34e8f8','Intended','{"attempt":1,"provider":"minimax","price":{"micros":650000,"currency":"USD"}}');
INSERT INTO "event" VALUES(10,2.0,'32987c4b7a9fb90e729425fc63e7bb81ce2cb1f80140ddeddc968aa79a34e8f8','Accepted','{"job_id":"2"}');
INSERT INTO "event" VALUES(11,3.0,'32987c4b7a9fb90e729425fc63e7bb81ce2cb1f80140ddeddc968aa79a34e8f8','Broke','{"verdict":{"kind":"content","code":"1027","words":"output new_sensitive: 她笑"}}');
INSERT INTO "event" VALUES(12,4.0,'32987c4b7a9fb90e729425fc63e7bb81ce2cb1f80140ddeddc968aa79a34e8f8','Requeued','{"by":"retry","refetch":false}');
INSERT INTO "event" VALUES(13,5.0,'32987c4b7a9fb90e729425fc63e7bb81ce2cb1f80140ddeddc968aa79a34e8f8','Intended','{"attempt":2,"provider":"modellix","price":{"micros":700000,"currency":"PTC"}}');
INSERT INTO "event" VALUES(14,6.0,'32987c4b7a9fb90e729425fc63e7bb81ce2cb1f80140ddeddc968aa79a34e8f8','Accepted','{"job_id":"3"}');
INSERT INTO "event" VALUES(15,7.0,'32987c4b7a9fb90e729425fc63e7bb81ce2cb1f80140ddeddc968aa79a34e8f8','Stalled','{"reason":"HTTP 503","retry_at":9.5}');
INSERT INTO "event" VALUES(16,0.0,'69bfe1e6e44821df7f8a0927bd7e61ef208fdb25deaa4353450bc3fb904abd52','Planned','{"item":{"key":"69bfe1e6e44821df7f8a0927bd7e61ef208fdb25deaa4353450bc3fb904abd52","id":"carl","name":"carl.mp4","portrait":{"ref":"portraits/anna.jpg","sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","mime":"image/jpeg","bytes_":48211,"width":768,"height":1024},"prompt":"She winks.","prompt_optimizer":true,"take":1,"model":"S2V-01","tags":[],"metadata":{}}}');
INSERT INTO "event" VALUES(17,1.0,'69bfe1e6e44821df7f8a0927bd7e61ef208fdb25deaa4353450bc3fb904abd52','Intended','{"attempt":1,"provider":"minimax","price":{"micros":650000,"currency":"USD"}}');
INSERT INTO "event" VALUES(18,2.0,'69bfe1e6e44821df7f8a0927bd7e61ef208fdb25deaa4353450bc3fb904abd52','Doubted','{"reason":"ReadTimeout"}');
INSERT INTO "event" VALUES(19,0.0,'69db31976ead37b85cc42a49c95fd06eec99cfd9b7ff219a25c0f59cb4049343','Planned','{"item":{"key":"69db31976ead37b85cc42a49c95fd06eec99cfd9b7ff219a25c0f59cb4049343","id":"dora","name":"dora.mp4","portrait":{"ref":"portraits/anna.jpg","sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","mime":"image/jpeg","bytes_":48211,"width":768,"height":1024},"prompt":"She winks.","prompt_optimizer":true,"take":1,"model":"S2V-01","tags":[],"metadata":{}}}');
INSERT INTO "event" VALUES(20,1.0,'69db31976ead37b85cc42a49c95fd06eec99cfd9b7ff219a25c0f59cb4049343','Intended','{"attempt":1,"provider":"minimax","price":{"micros":650000,"currency":"USD"}}');
INSERT INTO "event" VALUES(21,2.0,'69db31976ead37b85cc42a49c95fd06eec99cfd9b7ff219a25c0f59cb4049343','Refused','{"verdict":{"kind":"rate","code":"1002","words":"rate limit","retry_after_s":7.5},"final":false,"retry_at":12.5}');
INSERT INTO "event" VALUES(22,0.0,'06ad80f227a00a27fbfcb4104254e6720f544c280e88fc2f2f4fb5fb395e4ab2','Planned','{"item":{"key":"06ad80f227a00a27fbfcb4104254e6720f544c280e88fc2f2f4fb5fb395e4ab2","id":"emil","name":"emil.mp4","portrait":{"ref":"portraits/anna.jpg","sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","mime":"image/jpeg","bytes_":48211,"width":768,"height":1024},"prompt":"She winks.","prompt_optimizer":true,"take":1,"model":"S2V-01","tags":[],"metadata":{}}}');
INSERT INTO "event" VALUES(23,1.0,'06ad80f227a00a27fbfcb4104254e6720f544c280e88fc2f2f4fb5fb395e4ab2','Intended','{"attempt":1,"provider":"minimax"}');
INSERT INTO "event" VALUES(24,2.0,'06ad80f227a00a27fbfcb4104254e6720f544c280e88fc2f2f4fb5fb395e4ab2','Accepted','{"job_id":"106916112212032","trace_id":"t-1"}');
INSERT INTO "event" VALUES(25,3.0,'06ad80f227a00a27fbfcb4104254e6720f544c280e88fc2f2f4fb5fb395e4ab2','Seen','{"status":"Queueing"}');
INSERT INTO "event" VALUES(26,4.0,'06ad80f227a00a27fbfcb4104254e6720f544c280e88fc2f2f4fb5fb395e4ab2','Finished','{"output":{"file_id":"17"}}');
INSERT INTO "event" VALUES(27,5.0,'06ad80f227a00a27fbfcb4104254e6720f544c280e88fc2f2f4fb5fb395e4ab2','Saved','{"artifact":{"bytes_":13,"sha256":"12601ce7d7a1bb7d923dc3c6c24bc63aa712671ee246bc4bee9b6d1377d3558d"}}');
INSERT INTO "event" VALUES(28,6.0,'06ad80f227a00a27fbfcb4104254e6720f544c280e88fc2f2f4fb5fb395e4ab2','Checked','{"clip":{"seconds":5.64,"width":1280,"height":720,"fps":25.0,"frames":141,"codec":"h264","has_audio":false,"decoded":true}}');
INSERT INTO "event" VALUES(29,7.0,'06ad80f227a00a27fbfcb4104254e6720f544c280e88fc2f2f4fb5fb395e4ab2','Retired','{}');
INSERT INTO "event" VALUES(30,0.0,'c40727c66d04b725818d4579040bcc69d5cfd9b430889a1af92f02e2cdb1bde2','Planned','{"item":{"key":"c40727c66d04b725818d4579040bcc69d5cfd9b430889a1af92f02e2cdb1bde2","id":"fritz","name":"fritz.mp4","portrait":{"ref":"portraits/anna.jpg","sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","mime":"image/jpeg","bytes_":48211,"width":768,"height":1024},"prompt":"She winks.","prompt_optimizer":true,"take":1,"model":"S2V-01","tags":[],"metadata":{}}}');
INSERT INTO "event" VALUES(31,60.0,'69bfe1e6e44821df7f8a0927bd7e61ef208fdb25deaa4353450bc3fb904abd52','Settled','{"decision":"adopt","job_id":"mistaken"}');
INSERT INTO "event" VALUES(32,70.0,'69bfe1e6e44821df7f8a0927bd7e61ef208fdb25deaa4353450bc3fb904abd52','Doubted','{"reason":"job mistaken is not known at minimax (1000: no such job)"}');
CREATE TABLE header (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO "header" VALUES('epoch',5);
INSERT INTO "header" VALUES('format',5);
INSERT INTO "header" VALUES('manifest','m.yaml');
INSERT INTO "header" VALUES('manifest_digest','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd');
INSERT INTO "header" VALUES('manifest_from_folder','../../m.yaml');
INSERT INTO "header" VALUES('name','try');
INSERT INTO "header" VALUES('plan_digest','eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee');
INSERT INTO "header" VALUES('providers','["minimax"]');
INSERT INTO "header" VALUES('run_id','run-of-the-older-program');
INSERT INTO "header" VALUES('runner','0.1.0');
INSERT INTO "header" VALUES('runner_version','0.1.0');
CREATE TABLE item (
      key TEXT PRIMARY KEY, position INTEGER, id TEXT NOT NULL, name TEXT NOT NULL, wanted INTEGER NOT NULL,
      phase TEXT NOT NULL, provider TEXT, job TEXT, bought INTEGER NOT NULL, unpriced INTEGER NOT NULL,
      spent TEXT NOT NULL, reserved TEXT NOT NULL, bytes INTEGER NOT NULL, millis INTEGER NOT NULL,
      flagged INTEGER NOT NULL, first_at REAL, last_at REAL, code TEXT, reason TEXT
    ) WITHOUT ROWID;
INSERT INTO "item" VALUES('06ad80f227a00a27fbfcb4104254e6720f544c280e88fc2f2f4fb5fb395e4ab2',4,'emil','emil.mp4',0,'done','minimax','106916112212032',1,1,'{}','{}',13,5640,0,1.0,6.0,NULL,NULL);
INSERT INTO "item" VALUES('32987c4b7a9fb90e729425fc63e7bb81ce2cb1f80140ddeddc968aa79a34e8f8',1,'bert','bert.mp4',1,'running','modellix','3',2,0,'{"PTC": 700000, "USD": 650000}','{}',0,0,0,5.0,6.0,NULL,NULL);
INSERT INTO "item" VALUES('55579b557896d0ce1764c47fed644f9b35f58bad620674af23f356d80ed0c503',0,'anna','anna.mp4',1,'done','minimax','106916112212032',1,0,'{"USD": 650000}','{}',13,5640,0,1.0,6.0,NULL,NULL);
INSERT INTO "item" VALUES('69bfe1e6e44821df7f8a0927bd7e61ef208fdb25deaa4353450bc3fb904abd52',2,'carl','carl.mp4',1,'in_doubt','minimax',NULL,0,0,'{}','{"USD": 650000}',0,0,0,1.0,1.0,NULL,'"job mistaken is not known at minimax (1000: no such job)"');
INSERT INTO "item" VALUES('69db31976ead37b85cc42a49c95fd06eec99cfd9b7ff219a25c0f59cb4049343',3,'dora','dora.mp4',1,'planned','minimax',NULL,0,0,'{}','{}',0,0,0,1.0,1.0,NULL,NULL);
INSERT INTO "item" VALUES('c40727c66d04b725818d4579040bcc69d5cfd9b430889a1af92f02e2cdb1bde2',5,'fritz','fritz.mp4',1,'planned',NULL,NULL,0,0,'{}','{}',0,0,0,NULL,NULL,NULL,NULL);
CREATE TABLE tally (
      phase TEXT NOT NULL, wanted INTEGER NOT NULL, has_job INTEGER NOT NULL, provider TEXT NOT NULL,
      bought INTEGER NOT NULL, unpriced INTEGER NOT NULL, spent TEXT NOT NULL, reserved TEXT NOT NULL,
      items INTEGER NOT NULL, bytes INTEGER NOT NULL, millis INTEGER NOT NULL, flagged INTEGER NOT NULL,
      PRIMARY KEY (phase, wanted, has_job, provider, bought, unpriced, spent, reserved)
    ) WITHOUT ROWID;
INSERT INTO "tally" VALUES('done',0,1,'minimax',0,0,'{}','{}',0,0,0,0);
INSERT INTO "tally" VALUES('done',0,1,'minimax',1,1,'{}','{}',1,13,5640,0);
INSERT INTO "tally" VALUES('done',1,1,'minimax',0,0,'{}','{}',0,0,0,0);
INSERT INTO "tally" VALUES('done',1,1,'minimax',1,0,'{"USD": 650000}','{}',1,13,5640,0);
INSERT INTO "tally" VALUES('in_doubt',1,0,'minimax',0,0,'{"USD": 0}','{"USD": 650000}',0,0,0,0);
INSERT INTO "tally" VALUES('in_doubt',1,0,'minimax',0,0,'{}','{"USD": 650000}',1,0,0,0);
INSERT INTO "tally" VALUES('in_doubt',1,0,'minimax',0,0,'{}','{}',0,0,0,0);
INSERT INTO "tally" VALUES('planned',1,0,'',0,0,'{}','{}',1,0,0,0);
INSERT INTO "tally" VALUES('planned',1,0,'minimax',0,0,'{}','{}',1,0,0,0);
INSERT INTO "tally" VALUES('running',1,1,'modellix',0,0,'{}','{}',0,0,0,0);
INSERT INTO "tally" VALUES('running',1,1,'modellix',2,0,'{"PTC": 700000, "USD": 650000}','{}',1,0,0,0);
CREATE INDEX event_by_item ON event (item, seq);
CREATE TRIGGER item_comes AFTER INSERT ON item BEGIN
      INSERT INTO tally VALUES (
        new.phase, new.wanted, new.job NOT NULL, coalesce(new.provider, ''), new.bought, new.unpriced, new.spent,
        new.reserved, 1, new.bytes, new.millis, new.flagged
      )
      ON CONFLICT (phase, wanted, has_job, provider, bought, unpriced, spent, reserved) DO UPDATE
      SET items = items + 1, bytes = bytes + excluded.bytes, millis = millis + excluded.millis,
        flagged = flagged + excluded.flagged;
    END;
CREATE TRIGGER item_goes AFTER DELETE ON item BEGIN
      UPDATE tally SET items = items - 1, bytes = bytes - old.bytes, millis = millis - old.millis,
        flagged = flagged - old.flagged
      WHERE phase = old.phase AND wanted = old.wanted AND has_job = (old.job NOT NULL)
        AND provider = coalesce(old.provider, '') AND bought = old.bought AND unpriced = old.unpriced
        AND spent = old.spent AND reserved = old.reserved;
    END;
CREATE TRIGGER item_changes AFTER UPDATE ON item BEGIN
      UPDATE tally SET items = items - 1, bytes = bytes - old.bytes, millis = millis - old.millis,
        flagged = flagged - old.flagged
      WHERE phase = old.phase AND wanted = old.wanted AND has_job = (old.job NOT NULL)
        AND provider = coalesce(old.provider, '') AND bought = old.bought AND unpriced = old.unpriced
        AND spent = old.spent AND reserved = old.reserved;
      INSERT INTO tally VALUES (
        new.phase, new.wanted, new.job NOT NULL, coalesce(new.provider, ''), new.bought, new.unpriced, new.spent,
        new.reserved, 1, new.bytes, new.millis, new.flagged
      )
      ON CONFLICT (phase, wanted, has_job, provider, bought, unpriced, spent, reserved) DO UPDATE
      SET items = items + 1, bytes = bytes + excluded.bytes, millis = millis + excluded.millis,
        flagged = flagged + excluded.flagged;
    END;
CREATE INDEX item_by_phase ON item (phase, wanted, position);
CREATE INDEX item_by_job ON item (provider, job) WHERE job NOT NULL;
CREATE INDEX event_by_time ON event (at) WHERE kind NOT IN ('Planned', 'Retired');
CREATE INDEX event_by_refusal ON event (at) WHERE kind = 'Refused';
COMMIT;
