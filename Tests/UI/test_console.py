# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.

"""Follows steps 2 to 7 of CompreFace's guide in a real browser, from an empty server.

The steps build on each other and run in the order of their names. Needs chromium with its driver, selenium, the server's
executable (FACEKIT_EXECUTABLE), its models (FACEKIT_MODELS or FACEKIT_MODEL_MIRROR) and pictures of people
(FACEKIT_EVAL, with lfw-dev). Screenshots go to FACEKIT_SCREENSHOTS where that is set. FACEKIT_ADDRESS names an empty server
that runs already, instead of the executable.
"""

import base64
import glob
import os
import tempfile
import unittest

from selenium.webdriver.common.keys import Keys

from browser import Browser
from server import Server

PASSWORD = "correct horse battery"
ANNA, BERT = "Amelia_Vega", "Andy_Roddick"


def pictures(person, count):
    folder = os.path.join(os.environ["FACEKIT_EVAL"], "lfw-dev", "images", person)
    found = sorted(glob.glob(os.path.join(folder, "*.jpg")))
    if len(found) < count:
        raise AssertionError(f"{folder} holds {len(found)} pictures, {count} are wanted")
    return found[:count]


@unittest.skipUnless(os.environ.get("FACEKIT_EVAL"), "FACEKIT_EVAL is not set: there are no pictures to upload")
class ConsoleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        address = os.environ.get("FACEKIT_ADDRESS")
        if not address:
            server = Server(os.environ["FACEKIT_EXECUTABLE"])
            cls.addClassCleanup(server.stop)
            address = server.address
        cls.browser = Browser(address)
        cls.addClassCleanup(cls.browser.quit)
        cls.known = {}

    def tearDown(self):
        self.assertEqual(self.browser.faults(), [], "the browser complains")
        if self._outcome.result.failures or self._outcome.result.errors:
            self.browser.screenshot("failure")

    def check_page(self, name):
        """Takes pictures of the page at both sizes in both appearances, and checks what all pages must keep."""
        browser = self.browser
        for size in ("phone", "desktop"):
            for appearance in ("dark", "light"):
                browser.resize(size, appearance)
                browser.screenshot(f"{name}-{size}-{appearance}")
                self.assertLessEqual(browser.overflow(), 0, f"{name} is wider than a {size}")
        self.assertEqual(browser.unnamed_controls(), [], name)
        self.assertEqual(len(browser.all("h1")), 1, f"{name} has one heading")

    def log_in(self, email, password=PASSWORD):
        browser = self.browser
        browser.open("/login", '[name="username"]')
        browser.fill("username", email)
        browser.fill("password", password)
        browser.click("Log in", "form")

    def service_address(self, path):
        return f'{path}?app={self.known["app"]}&model={self.known["model"]}&type=RECOGNITION'

    # Step 2: sign up

    def test_01_an_empty_server_asks_for_its_owner(self):
        browser = self.browser
        browser.open("/")
        browser.at("/sign-up")
        self.check_page("sign-up")
        browser.fill("firstName", "Ada")
        browser.fill("lastName", "Lovelace")
        browser.fill("email", "ada@example.org")
        browser.fill("password", PASSWORD)
        browser.fill("again", "something else")
        browser.click("Create the owner's account")
        self.assertIn("The two passwords differ", browser.text("form"))
        browser.fill("again", PASSWORD)
        browser.click("Create the owner's account")
        browser.at("/create-application")

    # Steps 3 and 5: application and service

    def test_02_the_first_steps_lead_to_a_service_with_a_key(self):
        browser = self.browser
        self.assertIn("Welcome, Ada", browser.text("h1"))
        self.check_page("first-application")
        browser.click("Continue")
        self.assertIn("Please fill this in", browser.text("form"))
        browser.fill("name", "Front door")
        browser.click("Continue")
        browser.find(".options")
        self.check_page("first-service")
        browser.fill("name", "Staff")
        browser.click("Create the service")
        browser.wait(lambda: "is ready" in browser.text("h1"))
        self.check_page("first-done")
        browser.click("Show the key")
        key = browser.text(".key-text")
        self.assertRegex(key, r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.known["key"] = key
        _, applications = browser.ask("GET", "/admin/apps")
        self.known["app"] = applications[0]["id"]
        _, services = browser.ask("GET", f'/admin/app/{self.known["app"]}/models')
        self.known["model"] = services[0]["id"]
        self.assertEqual(services[0]["apiKey"], key)

    def test_03_the_application_lists_its_services(self):
        browser = self.browser
        browser.open("/")
        self.check_page("applications")
        browser.find("a.list-row").click()
        browser.at("/application")
        self.check_page("application")
        for name, kind in (("Turnstile", "DETECTION"), ("Identity", "VERIFY")):
            browser.click("New service")
            browser.find("dialog[open]")
            browser.fill("name", name, "dialog")
            browser.find(f'dialog input[value="{kind}"]').click()
            browser.click("Create", "dialog")
            browser.gone("dialog[open]")
            browser.wait(lambda: name in browser.text("main"))
        self.check_page("application-services")
        browser.click("New service")
        browser.fill("name", "staff", "dialog")
        browser.click("Create", "dialog")
        browser.wait(lambda: "taken already" in browser.text("dialog"))
        self.check_page("new-service")
        browser.click("Cancel", "dialog")
        browser.gone("dialog[open]")
        browser.open(f'/application?app={self.known["app"]}&tab=settings', ".setting")
        self.check_page("application-settings")
        _, services = browser.ask("GET", f'/admin/app/{self.known["app"]}/models')
        self.known["others"] = {each["type"]: each["id"] for each in services if each["name"] != "Staff"}

    # Step 6: the face collection

    def test_04_pictures_are_uploaded_and_errors_told_for_each_file(self):
        browser = self.browser
        browser.open(self.service_address("/manage-collection"), ".collection")
        self.check_page("collection-empty")
        with tempfile.TemporaryDirectory() as folder:
            wrong = os.path.join(folder, "notes.txt")
            blank = os.path.join(folder, "blank.png")
            with open(wrong, "w", encoding="ascii") as file:
                file.write("no picture")
            with open(blank, "wb") as file:
                file.write(blank_picture(320, 240))
            for person, files in ((ANNA, pictures(ANNA, 3) + [wrong, blank]), (BERT, pictures(BERT, 3))):
                browser.click("Add subject")
                browser.find("dialog[open]")
                browser.fill("name", person.replace("_", " "), "dialog")
                browser.click("Add", "dialog")
                browser.gone("dialog[open]")
                browser.wait(lambda: person.replace("_", " ") in browser.text(".faces h2"))
                browser.choose_files('.faces input[type="file"]', files)
                browser.wait(lambda: not browser.all(".upload-waiting, .upload-running") and browser.all(".upload"), 120)
                browser.wait(lambda: browser.all(".upload-done"))
        failures = {row.text.split("\n")[0]: row.text for row in browser.all(".upload-failed")}
        for name in failures:
            self.assertFalse(name.startswith(BERT), f"{name} was refused: {failures[name]}")
        self.assertIn("This kind of file is not supported", next(text for name, text in failures.items() if "notes" in name))
        self.assertIn("No face was found", next(text for name, text in failures.items() if "blank" in name))
        browser.wait(lambda: browser.all(".face-grid img"))
        browser.wait(lambda: browser.driver.execute_script(
            "return [...document.querySelectorAll('.face-grid img')].every((each) => each.complete && each.naturalWidth > 0)"))
        self.check_page("collection")

    def test_04b_pictures_are_dropped_beside_what_is_chosen(self):
        browser = self.browser
        browser.open(self.service_address("/manage-collection") + "&subject=Andy%20Roddick", ".face-grid")
        with open(pictures(BERT, 4)[3], "rb") as file:
            picture = base64.b64encode(file.read()).decode()
        browser.drop(".collection", {"dropped.jpg": picture, "letter.pdf": base64.b64encode(b"%PDF-").decode()})
        browser.wait(lambda: len(browser.all(".face-cell")) == 4, 60)
        self.assertIn("dropped.jpg", browser.text(".upload-done"))
        self.assertIn("This kind of file is not supported", browser.text(".upload-failed"))
        browser.find(".face-cell:last-child input").click()
        browser.click("Delete", ".selection")
        browser.find("dialog[open]")
        self.check_page("collection-delete")
        browser.click("Delete", "dialog[open]")
        browser.wait(lambda: len(browser.all(".face-cell")) == 3)

    def test_05_subjects_are_renamed_merged_and_found(self):
        browser = self.browser
        browser.open(self.service_address("/manage-collection"), ".face-grid")
        browser.find(".subject-search input").send_keys("roddick")
        browser.wait(lambda: len(browser.all(".subject")) == 1)
        browser.find(".subject").click()
        browser.wait(lambda: "Andy" in browser.text(".faces h2"))
        browser.find('.faces [aria-haspopup="menu"]').click()
        browser.click("Rename", ".menu:popover-open")
        browser.find("dialog[open]")
        browser.fill("name", "Bert", "dialog")
        browser.click("Rename", "dialog")
        browser.gone("dialog[open]")
        browser.wait(lambda: browser.text(".faces h2") == "Bert")
        status, answer = self.ask_face("GET", "/recognition/subjects")
        self.assertEqual((status, sorted(answer["subjects"])), (200, ["Amelia Vega", "Bert"]))

    def test_05b_subjects_are_merged_and_pictures_removed(self):
        browser = self.browser
        browser.open(self.service_address("/manage-collection"), ".face-grid")
        browser.click("Add subject")
        browser.find("dialog[open]")
        browser.fill("name", "A. Roddick", "dialog")
        browser.click("Add", "dialog")
        browser.gone("dialog[open]")
        browser.wait(lambda: browser.text(".faces h2") == "A. Roddick")
        browser.choose_files('.faces input[type="file"]', pictures(BERT, 5)[4:])
        browser.wait(lambda: len(browser.all(".face-cell")) == 1, 60)
        # Renaming to a name that is there asks before it merges.
        browser.find('.faces [aria-haspopup="menu"]').click()
        browser.click("Rename", ".menu:popover-open")
        browser.find("dialog[open]")
        browser.fill("name", "bert", "dialog")
        browser.click("Rename", "dialog")
        browser.wait(lambda: "Merge “A. Roddick” into “Bert”?" in browser.text("dialog[open]"))
        self.check_page("collection-merge")
        browser.click("Merge", "dialog[open]")
        browser.gone("dialog[open]")
        browser.wait(lambda: browser.text(".faces h2") == "Bert" and len(browser.all(".face-cell")) == 4)
        _, answer = self.ask_face("GET", "/recognition/subjects")
        self.assertEqual(sorted(answer["subjects"]), ["Amelia Vega", "Bert"])
        # The picture that came with it goes again.
        browser.find(".face-cell:last-child input").click()
        browser.click("Delete", ".selection")
        browser.find("dialog[open]")
        browser.click("Delete", "dialog[open]")
        browser.gone("dialog[open]")
        browser.wait(lambda: len(browser.all(".face-cell")) == 3)
        _, answer = self.ask_face("GET", "/recognition/faces?subject=Bert")
        self.assertEqual(answer["total_elements"], 3)

    # Step 7: the test page

    def test_06_the_test_page_recognises_with_boxes_at_the_right_place(self):
        browser = self.browser
        browser.open(self.service_address("/test-model"), ".drop-zone")
        self.check_page("test")
        probe = pictures(BERT, 4)[3]
        browser.choose_files('.drop-zone input[type="file"]', [probe])
        browser.find(".face-row", 60)
        label = browser.wait(lambda: next((each for each in browser.all(".face-label") if each.text.strip()), None))
        self.assertIn("Bert", label.text, "the face that was not enrolled is recognised")
        # The main face of these pictures is in their middle and takes about 40 % of the width.
        stage, box = browser.driver.execute_script(
            """
            const place = (selector) => { const r = document.querySelector(selector).getBoundingClientRect();
              return [r.left, r.top, r.width, r.height]; };
            return [place(".face-stage img"), place(".face-box")];
            """
        )
        centre = [(box[axis] + box[axis + 2] / 2 - stage[axis]) / stage[axis + 2] for axis in (0, 1)]
        for share in centre:
            self.assertAlmostEqual(share, 0.5, delta=0.12)
        self.assertGreater(box[2] / stage[2], 0.2)
        self.assertLess(box[2] / stage[2], 0.6)
        # The same box as in the answer beside it.
        answer = browser.text(".test-side .code-block:last-of-type .code")
        self.assertIn('"x_min"', browser.text(".test-side"), answer)
        self.assertIn("x-api-key", browser.text(".test-side"))
        self.assertTrue(browser.all(".face-point"), "landmarks are drawn")
        browser.find(".face-row").click()
        browser.find(".face-box-selected")
        self.check_page("test-result")

    def test_06b_the_camera_takes_a_picture_or_says_why_not(self):
        browser = self.browser
        browser.open(self.service_address("/test-model"), ".drop-zone")
        browser.click("Use the camera")
        browser.wait(lambda: browser.driver.execute_script(
            "return document.querySelector('video.camera')?.videoWidth > 0"), message="the camera gives no picture")
        self.check_page("camera")
        browser.click("Take the picture", "dialog")
        browser.gone("dialog[open]")
        browser.wait(lambda: "No face was found" in browser.text("main"), 60)
        self.addCleanup(browser.refuse_camera())
        browser.open(self.service_address("/test-model"), ".drop-zone")
        browser.click("Use the camera")
        browser.wait(lambda: "does not let this page use the camera" in browser.text("dialog"))
        browser.click("Take the picture", "dialog")
        browser.wait(lambda: browser.text("dialog").count("does not let this page use the camera") == 2)
        self.check_page("camera-refused")
        browser.click("Cancel", "dialog")
        browser.gone("dialog[open]")
        browser.click("Recognise live from the camera")
        browser.wait(lambda: "does not let this page use the camera" in browser.text(".toasts"))
        self.assertTrue(browser.all(".drop-zone"), "the page is as it was")

    def test_06c_services_of_the_other_types_have_their_own_pages(self):
        browser = self.browser
        detection, verification = (self.known["others"][each] for each in ("DETECTION", "VERIFY"))
        place = f'?app={self.known["app"]}&model='
        browser.open(f"/dashboard{place}{detection}&type=DETECTION", ".figures")
        self.assertIn("No request yet", browser.text("main"))
        self.assertNotIn("Collection", browser.text(".tabs"))
        self.check_page("dashboard-empty")
        browser.open(f"/test-model{place}{detection}&type=DETECTION", ".drop-zone")
        browser.choose_files('.drop-zone input[type="file"]', pictures(ANNA, 1))
        browser.find(".face-row", 60)
        self.check_page("test-detection")
        browser.open(f"/test-model{place}{verification}&type=VERIFY", ".drop-zone")
        self.check_page("test-verification")

    def test_07_two_pictures_are_compared(self):
        browser = self.browser
        browser.open("/compare", ".drop-zone")
        self.check_page("compare")
        one, other = pictures(BERT, 2)
        browser.choose_files('.comparison-side:first-child input[type="file"]', [one])
        browser.gone(".comparison-side:first-child .drop-zone")
        browser.choose_files('.comparison-side:last-child input[type="file"]', [other])
        browser.wait(lambda: "The same person" in browser.text(".verdict-place"), 60)
        self.check_page("compare-result")

    def test_07b_the_face_of_one_picture_is_fused_into_another(self):
        browser = self.browser
        browser.open("/fusion", ".drop-zone")
        self.check_page("fusion")
        source, target = pictures(ANNA, 1)[0], pictures(BERT, 1)[0]
        browser.choose_files('.comparison-side:first-child input[type="file"]', [source])
        browser.gone(".comparison-side:first-child .drop-zone")
        browser.choose_files('.comparison-side:nth-of-type(2) input[type="file"]', [target])
        browser.wait(lambda: browser.driver.execute_script(
            "const image = document.querySelector('.fusion-result img'); return image?.complete && image.naturalWidth"), 60)
        self.assertEqual(browser.find(".fusion-result a[download]").get_attribute("download"), "fusion.jpg")
        self.check_page("fusion-result")

    def test_08_the_dashboard_counts_what_was_asked(self):
        browser = self.browser
        browser.open(self.service_address("/dashboard"), ".figures")
        figures = [each.text for each in browser.all(".figure dd")]
        self.assertGreaterEqual(int(figures[0]), 1, "the recognition above is counted")
        self.assertEqual(int(figures[2]), 2)
        # A chart is drawn when its place has got a width.
        browser.wait(lambda: len(browser.all(".chart-bar")) == 30, message="a bar for each day")
        self.check_page("dashboard")
        browser.click("6 months")
        browser.wait(lambda: len(browser.all(".chart-bar")) == 6, message="a bar for each month")
        self.check_page("dashboard-months")

    # Step 4: people and their roles

    def test_09_a_second_person_sees_only_what_the_role_allows(self):
        browser = self.browser
        browser.open("/users", ".list")
        self.check_page("users")
        browser.open("/activity", ".table")
        self.assertIn("Created the service", browser.text("main"))
        self.check_page("activity")
        self.log_out()
        browser.open("/sign-up", '[name="email"]')
        for name, value in (
            ("firstName", "Grace"), ("lastName", "Hopper"), ("email", "grace@example.org"), ("password", PASSWORD),
            ("again", PASSWORD),
        ):
            browser.fill(name, value)
        browser.click("Sign up", "form")
        browser.at("/")
        browser.wait(lambda: "not in an application yet" in browser.text("main"))
        self.assertFalse(browser.has_button("Users"))
        self.check_page("applications-none")
        status, _ = browser.ask("GET", f'/admin/app/{self.known["app"]}')
        self.assertEqual(status, 403)
        self.log_out()

        self.log_in("ada@example.org")
        browser.at("/")
        browser.open("/users", ".list")
        self.check_page("users-two")
        browser.click("Invite a person")
        browser.find("dialog[open]")
        browser.fill("email", "kurt@example.org", "dialog")
        self.check_page("invitation")
        browser.click("Make the invitation", "dialog")
        browser.wait(lambda: "shown only now" in browser.text("dialog"))
        self.check_page("invitation-link")
        browser.click("Done", "dialog")
        browser.gone("dialog[open]")
        browser.open(f'/application?app={self.known["app"]}&tab=users', ".list")
        self.check_page("people")
        browser.click("Add a person")
        browser.find("dialog[open]")
        self.check_page("add-person")
        browser.fill("userEmail", "grace@example.org", "dialog")
        browser.click("Add", "dialog")
        browser.gone("dialog[open]")
        browser.wait(lambda: "Grace Hopper" in browser.text("main"))
        self.log_out()

        self.log_in("grace@example.org")
        browser.at("/")
        browser.find("a.list-row").click()
        browser.at("/application")
        browser.wait(lambda: "Staff" in browser.text("main"))
        self.assertFalse(browser.has_button("New service"))
        self.assertNotIn("Settings", browser.text(".page-tabs"))
        browser.find(".service-row [aria-haspopup='menu']").click()
        self.assertNotIn("Delete", browser.text(".menu:popover-open"))
        for method, path, body in (
            ("POST", "model", {"name": "x", "type": "DETECTION"}), ("DELETE", f'model/{self.known["model"]}', None),
            ("PUT", f'model/{self.known["model"]}/apikey', None), ("PUT", "", {"name": "x"}), ("DELETE", "", None),
        ):
            status, answer = browser.ask(method, f'/admin/app/{self.known["app"]}/{path}'.rstrip("/"), body)
            self.assertEqual((status, answer["code"]), (403, 1), f"{method} {path}")
        self.log_out()

    def test_10_log_in_says_what_is_wrong_and_log_out_ends_the_session(self):
        browser = self.browser
        self.log_in("ada@example.org", "not this one")
        browser.wait(lambda: "E-mail or password is wrong" in browser.text("form"))
        self.check_page("log-in")
        self.log_in("ada@example.org")
        browser.at("/")
        browser.open("/settings", ".setting-part")
        self.check_page("settings")
        self.log_out()
        status, _ = browser.ask("GET", "/admin/user/me")
        self.assertEqual(status, 401)
        browser.open(self.service_address("/dashboard"))
        browser.at("/login")
        self.log_in_here("ada@example.org")
        browser.at("/dashboard")

    def test_10b_a_link_leads_to_a_new_password(self):
        browser = self.browser
        _, people = browser.ask("GET", "/admin/user/roles")
        grace = next(each["userId"] for each in people if each["email"] == "grace@example.org")
        status, answer = browser.ask("POST", f"/admin/user/{grace}/password-link")
        self.assertEqual(status, 201)
        link = answer["link"].split("localhost:8000")[1]
        self.log_out()
        browser.open(link, '[name="password"]')
        self.check_page("reset-password")
        browser.fill("password", "another good one")
        browser.fill("again", "another good one")
        browser.click("Save the new password")
        browser.at("/login")
        self.assertIn("Your password is changed", browser.text("main"))
        self.log_in("grace@example.org")
        browser.wait(lambda: "E-mail or password is wrong" in browser.text("form"))
        self.log_in("grace@example.org", "another good one")
        browser.at("/")
        self.log_out()
        browser.open(link, '[name="password"]')
        browser.fill("password", "once more")
        browser.fill("again", "once more")
        browser.click("Save the new password")
        browser.wait(lambda: browser.all(".notice-danger"))
        self.log_in("ada@example.org")
        browser.at("/")

    def test_11_everything_can_be_done_in_chinese(self):
        browser = self.browser
        browser.open("/", ".list")
        browser.driver.execute_script("localStorage.setItem('facekit.language', 'zh')")
        self.addCleanup(browser.driver.execute_script, "localStorage.removeItem('facekit.language')")
        application = f'/application?app={self.known["app"]}'
        for name, path, wanted in (
            ("applications", "/", ".list"), ("application", application, ".service-row"),
            ("people", application + "&tab=users", ".list"), ("application-settings", application + "&tab=settings", ".setting"),
            ("dashboard", self.service_address("/dashboard"), ".figures"),
            ("collection", self.service_address("/manage-collection"), ".face-grid img"),
            ("test", self.service_address("/test-model"), ".drop-zone"), ("compare", "/compare", ".drop-zone"),
            ("fusion", "/fusion", ".drop-zone"), ("users", "/users", ".list"), ("activity", "/activity", ".table"),
            ("settings", "/settings", ".setting-part"),
        ):
            browser.open(path, wanted)
            self.assertEqual(browser.driver.execute_script("return document.documentElement.lang"), "zh-Hans", name)
            if name == "applications":
                self.assertEqual(browser.text("h1"), "应用")
            self.check_page(f"{name}-chinese")
        browser.open("/settings", ".setting-part")
        self.assertRegex(browser.text("main"), "^[^a-z]*设置")

    def test_11b_everything_can_be_done_by_keyboard(self):
        browser = self.browser
        browser.resize("desktop")
        browser.open("/", ".list")
        browser.press(Keys.TAB)
        self.assertEqual(browser.focused(), "Skip to the content")
        browser.press(Keys.ENTER)
        self.assertEqual(browser.driver.execute_script("return document.activeElement.id"), "main")
        # Both controls of the page are reached, in its order, with a ring around them.
        reached = []
        for _ in range(2):
            browser.press(Keys.TAB)
            reached.append(browser.focused())
            outline = browser.driver.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
            self.assertNotEqual(outline, "none", reached[-1])
        self.assertEqual(reached[0], "New application")
        self.assertIn("Front door", reached[1])
        # A menu opens, moves and closes; the focus goes back to its button.
        browser.driver.execute_script("document.querySelector('.top-bar .tile-round').closest('button').focus()")
        browser.press(Keys.ARROW_DOWN)
        browser.find(".menu:popover-open")
        browser.wait(lambda: browser.focused() == "Settings")
        browser.press(Keys.ARROW_DOWN)
        self.assertEqual(browser.focused(), "Log out")
        browser.press(Keys.ESCAPE)
        browser.gone(".menu:popover-open")
        self.assertIn("Ada Lovelace", browser.focused())
        # A dialog: its field has the focus, which stays inside; Escape leaves it.
        browser.button("New application").send_keys(Keys.ENTER)
        browser.find("dialog[open]")
        browser.wait(lambda: browser.driver.execute_script("return document.activeElement.name") == "name")
        for _ in range(4):
            browser.press(Keys.TAB)
            self.assertTrue(browser.driver.execute_script(
                "return document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)"))
        browser.press(Keys.ESCAPE)
        browser.gone("dialog[open]")
        self.assertEqual(browser.focused(), "New application")

    def test_12_a_service_is_deleted_after_its_name_was_typed(self):
        browser = self.browser
        browser.open(f'/application?app={self.known["app"]}', ".service-row")
        browser.find(".service-row [aria-haspopup='menu']").click()
        browser.click("Delete", ".menu:popover-open")
        browser.find("dialog[open]")
        browser.fill("typed", "Stuff", "dialog")
        browser.click("Delete", "dialog")
        self.assertIn("Please type exactly", browser.text("dialog"))
        browser.fill("typed", "Staff", "dialog")
        browser.click("Delete", "dialog")
        browser.gone("dialog[open]")
        browser.wait(lambda: "Staff" not in browser.text(".service-list"))
        status, answer = self.ask_face("GET", "/recognition/subjects")
        self.assertEqual((status, answer["code"]), (404, 10), "its key is gone at once")

    # Parts

    def ask_face(self, method, path):
        return self.browser.driver.execute_async_script(
            """
            const [method, path, key, done] = arguments;
            fetch(`/api/v1${path}`, { method, headers: { "x-api-key": key } })
              .then(async (response) => done([response.status, await response.json()]));
            """,
            method, path, self.known["key"],
        )

    def log_in_here(self, email):
        self.browser.fill("username", email)
        self.browser.fill("password", PASSWORD)
        self.browser.click("Log in", "form")

    def log_out(self):
        self.browser.find(".top-bar .tile-round").click()
        self.browser.click("Log out", ".menu:popover-open")
        self.browser.at("/login")


@unittest.skipUnless(os.environ.get("FACEKIT_EVAL"), "FACEKIT_EVAL is not set: there are no pictures to upload")
@unittest.skipIf(os.environ.get("FACEKIT_ADDRESS"), "the demo needs a server of its own")
class DemoTest(unittest.TestCase):
    def test_the_demo_is_there_until_the_first_sign_up(self):
        server = Server(os.environ["FACEKIT_EXECUTABLE"], ["accounts.demo_services=true"])
        self.addCleanup(server.stop)
        browser = Browser(server.address)
        self.addCleanup(browser.quit)
        browser.open("/demo", ".drop-zone")
        browser.choose_files('.drop-zone input[type="file"]', pictures(ANNA, 1))
        browser.find(".face-row", 60)
        self.assertIn("Unknown", browser.text(".face-label"), "nobody is enrolled")
        for size in ("phone", "desktop"):
            for appearance in ("dark", "light"):
                browser.resize(size, appearance)
                browser.screenshot(f"demo-{size}-{appearance}")
                self.assertLessEqual(browser.overflow(), 0)
        browser.open("/sign-up", '[name="email"]')
        for name, value in (
            ("firstName", "Ada"), ("lastName", "Lovelace"), ("email", "ada@example.org"), ("password", PASSWORD),
            ("again", PASSWORD),
        ):
            browser.fill(name, value)
        browser.click("Create the owner's account")
        browser.at("/create-application")
        browser.open("/demo")
        self.assertIn("not available any more", browser.text("main"))
        self.assertEqual(browser.faults(), [])


def blank_picture(width, height):
    """A grey PNG without a face."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x88" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


if __name__ == "__main__":
    unittest.main(verbosity=2)
