# SPDX-License-Identifier: Apache-2.0
# Part of FaceKit.

"""A browser as the tests use it."""

import base64
import os
import shutil

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

SIZES = {"desktop": (1440, 900), "phone": (390, 844)}


class Browser:
    def __init__(self, address):
        self.address = address
        options = webdriver.ChromeOptions()
        for argument in (
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en-US",
            "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if binary:
            options.binary_location = binary
        driver = shutil.which("chromedriver")
        service = webdriver.ChromeService(driver) if driver else None
        self.driver = webdriver.Chrome(options=options, service=service)
        self.resize("desktop")

    def quit(self):
        self.driver.quit()

    # Looking

    def resize(self, size, appearance="light"):
        width, height = SIZES[size]
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "phone"},
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": appearance}]}
        )

    def open(self, path, wanted="h1"):
        self.driver.get(self.address + path)
        return self.find(wanted)

    def wait(self, condition, seconds=20, message=None):
        return WebDriverWait(self.driver, seconds).until(lambda _: condition(), message)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def find(self, selector, seconds=20):
        return self.wait(lambda: next((each for each in self.all(selector) if each), None), seconds, selector)

    def gone(self, selector):
        self.wait(lambda: not self.all(selector), message=f"{selector} stays")

    def text(self, selector="body"):
        while True:
            try:
                return self.find(selector).text
            except StaleElementReferenceException:
                pass  # The page was drawn anew in between.

    def path(self):
        return self.driver.execute_script("return location.pathname")

    def at(self, path):
        self.wait(lambda: self.path() == path, message=f"the page is {self.path()}, not {path}")
        self.find("h1")

    # Doing

    def fill(self, name, value, scope=""):
        field = self.find(f'{scope} [name="{name}"]')
        field.clear()
        field.send_keys(value)

    def button(self, text, scope="body"):
        """The visible button or link with a text."""
        def found():
            for place in self.all(scope):
                path = f'.//*[self::button or self::a][normalize-space(.)="{text}" or @aria-label="{text}"]'
                for element in place.find_elements(By.XPATH, path):
                    if element.is_displayed():
                        return element
            return None
        return self.wait(found, message=f"there is no button {text}")

    def click(self, text, scope="body"):
        self.button(text, scope).click()

    def has_button(self, text):
        path = f'//*[self::button or self::a][normalize-space(.)="{text}" or @aria-label="{text}"]'
        return any(element.is_displayed() for element in self.driver.find_elements(By.XPATH, path))

    def choose_files(self, selector, paths):
        self.driver.find_element(By.CSS_SELECTOR, selector).send_keys("\n".join(paths))

    def drop(self, selector, files):
        """Drops files, given as their names and contents in base64, as a file manager would."""
        self.driver.execute_script(
            """
            const [target, files] = [document.querySelector(arguments[0]), arguments[1]];
            const dataTransfer = new DataTransfer();
            for (const [name, text] of Object.entries(files)) {
              dataTransfer.items.add(new File([Uint8Array.from(atob(text), (each) => each.charCodeAt(0))], name));
            }
            for (const type of ["dragenter", "dragover", "drop"]) {
              target.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
            }
            """,
            selector, files,
        )

    def press(self, key):
        """Presses a key wherever the focus is."""
        ActionChains(self.driver).send_keys(key).perform()

    def focused(self):
        """What the control that has the focus is called."""
        return self.driver.execute_script(
            "const at = document.activeElement; return at.getAttribute('aria-label') || at.textContent.trim();"
        )

    def refuse_camera(self):
        """Pages opened from now on get no camera, as when the person says no; returns what ends that."""
        script = self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
            navigator.mediaDevices.getUserMedia = () =>
              Promise.reject(new DOMException("Permission denied", "NotAllowedError"));
        """})
        return lambda: self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)

    def ask(self, method, path, body=None):
        """Sends a request from the page, with its cookies; returns status and answer."""
        return self.driver.execute_async_script(
            """
            const [method, path, body, done] = arguments;
            fetch(path, {
              method,
              headers: body === null ? {} : { "Content-Type": "application/json" },
              body: body === null ? undefined : JSON.stringify(body),
            }).then(async (response) => {
              const text = await response.text();
              let answer = text;
              try { answer = JSON.parse(text); } catch {}
              done([response.status, answer]);
            });
            """,
            method, path, body,
        )

    # Checking

    def screenshot(self, name):
        folder = os.environ.get("FACEKIT_SCREENSHOTS")
        if not folder:
            return
        os.makedirs(folder, exist_ok=True)
        self.driver.execute_script("scrollTo(0, 0)")
        moving = "return document.getAnimations().filter((each) => each.effect.getTiming().iterations === 1).length"
        self.wait(lambda: self.driver.execute_script(moving) == 0)
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 4000), "scale": 1}
        picture = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip}
        )
        with open(os.path.join(folder, f"{name}.png"), "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def overflow(self):
        """How many pixels of the page lie beside the window."""
        return self.driver.execute_script("return document.documentElement.scrollWidth - innerWidth")

    def unnamed_controls(self):
        """Controls that say nothing to a screen reader."""
        return self.driver.execute_script(
            """
            const named = (element) => (element.getAttribute("aria-label") || element.textContent.trim()
              || element.getAttribute("title") || element.labels?.[0]?.textContent.trim()
              || element.closest("label")?.textContent.trim() || element.placeholder
              || element.querySelector("img[alt]")?.alt);
            return [...document.querySelectorAll("button, a[href], input:not([type=hidden]), select, textarea")]
              .filter((element) => element.offsetParent !== null && !named(element))
              .map((element) => element.outerHTML.slice(0, 160));
            """
        )

    def faults(self):
        """What the browser complained about, but for answers that tests expect."""
        entries = self.driver.get_log("browser")
        return [
            entry["message"] for entry in entries
            if entry["level"] == "SEVERE" and "Failed to load resource" not in entry["message"]
        ]
