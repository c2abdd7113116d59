"""The set-up behind run.py, without network: what it decides, what it remembers, what it says."""

from __future__ import annotations

import ast
import importlib.util
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from bootstrap import main as bootstrap_main
from bootstrap import plan, runner, system
from bootstrap.errors import SetupError
from bootstrap.plan import Place
from bootstrap.runner import Console, Step, Work
from bootstrap.stamps import FILE_NAME, Stamps

ROOT = Path(__file__).resolve().parents[2]


def load_gate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_gate", ROOT / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A checkout in which nothing is set up."""
    for name in ("requirements.lock", "requirements-test.lock", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return Place(tmp_path)


def finish_all(place: Place) -> Stamps:
    """Pretends that every step was done."""
    stamps = Stamps(place.venv)
    place.python.parent.mkdir(parents=True)
    place.python.touch()
    for step in plan.make_plan(place, torch_build="cpu", tests=True):
        stamps.finish(step.name, step.key)
    return Stamps(place.venv)


def names_pending(place: Place, *, torch_build: str = "cpu", tests: bool = True) -> list[str]:
    steps = plan.make_plan(place, torch_build=torch_build, tests=tests)
    return [step.name for step in plan.pending(steps, Stamps(place.venv), place)]


def make_step(name: str, act: Callable[[Work], int]) -> Step:
    return Step(name=name, title=name, key="1", advice="Do as the log says.", act=act)


def run_all(place: Place, steps: list[Step]) -> str:
    """What the console was told."""
    said = io.StringIO()
    runner.run_steps(
        steps, done_before=0, stamps=Stamps(place.venv), log_path=place.log, console=Console(said)
    )
    return said.getvalue()


class TestGate:
    @pytest.mark.parametrize("version", [(3, 4, 0), (3, 6), (3, 10, 14)])
    def test_an_old_python_is_refused_with_a_sentence(self, version: tuple[int, ...]) -> None:
        sentence = load_gate().refusal(version)
        assert "needs Python 3.11 or newer" in sentence
        assert f"this is Python {version[0]}.{version[1]}." in sentence

    @pytest.mark.parametrize("version", [(3, 11, 0), (3, 12), (4, 0)])
    def test_a_new_python_is_not(self, version: tuple[int, ...]) -> None:
        assert load_gate().refusal(version) is None

    def test_an_old_python_can_parse_it(self) -> None:
        ast.parse((ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 4))

    def test_the_set_up_imports_nothing_but_the_standard_library(self) -> None:
        code = "import bootstrap.main, sys; print(*{name.partition('.')[0] for name in sys.modules})"
        loaded = subprocess.run(
            [sys.executable, "-S", "-c", code],
            cwd=ROOT / ".setup",
            capture_output=True,
            text=True,
            check=True,
        )
        own = {"bootstrap", "__main__"}
        assert set(loaded.stdout.split()) - own <= set(sys.stdlib_module_names)


class TestArguments:
    def test_nothing_opens_the_window(self) -> None:
        request = bootstrap_main.parse([])
        assert request.arguments == ()
        assert request.window
        assert request.needs_libraries

    def test_own_options_come_first_and_are_taken_off(self) -> None:
        request = bootstrap_main.parse(["--cuda", "--yes", "train", "--yes"])
        assert (request.cuda, request.yes) == (True, True)
        assert request.arguments == ("train", "--yes")

    def test_test_runs_offscreen(self) -> None:
        request = bootstrap_main.parse(["test", "-k", "journal"])
        assert request.tests
        assert not request.window
        assert request.needs_libraries

    def test_the_doctor_looks_for_everything_but_goes_on_without(self) -> None:
        request = bootstrap_main.parse(["doctor"])
        assert request.window
        assert not request.needs_libraries

    @pytest.mark.parametrize("argument", ["-h", "--help"])
    def test_help_before_the_set_up_sets_nothing_up(
        self,
        argument: str,
        place: Place,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(bootstrap_main, "ROOT", place.root)
        assert bootstrap_main.main([argument]) == 0
        assert "run.py" in capsys.readouterr().out
        assert not place.venv.exists()

    def test_other_arguments_reach_the_command(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        became: list[list[str]] = []
        monkeypatch.setattr(
            bootstrap_main, "_become", lambda command, environment: became.append(command) or 0
        )
        bootstrap_main.start(bootstrap_main.parse(["train", "--steps", "5"]), place)
        assert became[0][-4:] == [str(place.command), "train", "--steps", "5"]

    def test_test_arguments_reach_pytest_without_a_screen(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        became: list[tuple[list[str], str]] = []
        monkeypatch.chdir(ROOT)
        monkeypatch.setattr(
            bootstrap_main,
            "_become",
            lambda command, environment: became.append((command, environment["QT_QPA_PLATFORM"])) or 0,
        )
        bootstrap_main.start(bootstrap_main.parse(["test", "-x"]), place)
        assert became.pop() == ([str(place.python), "-m", "pytest", "-x"], "offscreen")
        bootstrap_main.start(bootstrap_main.parse(["test"]), place)
        assert became == [
            ([str(place.python), "-m", "pytest", "-n", "auto", "--dist", "loadfile"], "offscreen")
        ]


class TestStamps:
    def test_from_nothing_every_step_is_pending_in_order(self, place: Place) -> None:
        assert names_pending(place) == ["venv", "torch", "packages", "test-tools", "project"]

    def test_afterwards_none_is(self, place: Place) -> None:
        finish_all(place)
        assert names_pending(place) == []

    def test_without_tests_the_tools_are_not_asked_for(self, place: Place) -> None:
        assert "test-tools" not in names_pending(place, tests=False)

    @pytest.mark.parametrize(
        ("file", "again"),
        [
            ("requirements.lock", ["packages", "test-tools"]),
            ("requirements-test.lock", ["test-tools"]),
            ("pyproject.toml", ["project"]),
        ],
    )
    def test_a_changed_file_repeats_what_depends_on_it(
        self, place: Place, file: str, again: list[str]
    ) -> None:
        finish_all(place)
        with (place.root / file).open("a") as changed:
            changed.write("\n# changed\n")
        assert names_pending(place) == again

    def test_another_build_of_pytorch_repeats_that_step_alone(self, place: Place) -> None:
        finish_all(place)
        assert names_pending(place, torch_build="cuda") == ["torch"]

    def test_a_moved_checkout_starts_from_nothing(self, place: Place, tmp_path: Path) -> None:
        finish_all(place)
        moved = Place(place.root.rename(tmp_path.with_name(tmp_path.name + "-moved")))
        assert len(names_pending(moved)) == 5

    def test_an_environment_without_python_is_made_again(self, place: Place) -> None:
        finish_all(place)
        place.python.unlink()
        assert len(names_pending(place)) == 5

    def test_an_unreadable_stamp_file_means_that_nothing_is_known(self, place: Place) -> None:
        finish_all(place)
        (place.venv / FILE_NAME).write_text('{"done": {"ve')
        assert len(names_pending(place)) == 5

    def test_cuda_is_remembered(self, place: Place) -> None:
        Stamps(place.venv).remember_torch_build("cuda")
        assert Stamps(place.venv).torch_build == "cuda"

    def test_an_environment_made_by_hand_is_left_alone(self, place: Place) -> None:
        place.venv.mkdir()
        (place.venv / "pyvenv.cfg").touch()
        with pytest.raises(SetupError, match=r"not made by run\.py"):
            plan.claim(place, Stamps(place.venv))

    def test_half_an_environment_of_ours_is_cleared(self, place: Place) -> None:
        plan.claim(place, Stamps(place.venv))
        (place.venv / "pyvenv.cfg").touch()
        half_made = place.venv / "lib" / "left-over"
        half_made.mkdir(parents=True)
        plan.claim(place, Stamps(place.venv))
        step = plan.make_plan(place, torch_build="cpu", tests=False)[0]

        class NoVenv(Work):
            def run(self, *_args: object, **_options: object) -> int:
                return 0

        assert step.act(NoVenv(console=Console(io.StringIO()), log=io.StringIO(), again=True)) == 0
        assert not half_made.exists()
        assert (place.venv / FILE_NAME).exists()


class TestSteps:
    def test_each_is_numbered_timed_and_stamped(self, place: Place) -> None:
        Stamps(place.venv).forget_all()
        said = run_all(place, [make_step("one", lambda _: 0), make_step("two", lambda _: 0)])
        assert "[1/2] one ..." in said
        assert "[2/2] two: done in 0 s" in said
        assert Stamps(place.venv).done == {"one": "1", "two": "1"}

    def test_a_failing_step_is_named_with_its_last_words_and_advice(self, place: Place) -> None:
        def fail(work: Work) -> int:
            return work.run([sys.executable, "-c", "print('these are the last words'); raise SystemExit(3)"])

        Stamps(place.venv).forget_all()
        with pytest.raises(SetupError) as caught:
            run_all(place, [make_step("one", lambda _: 0), make_step("two", fail)])
        text = str(caught.value)
        assert "Step 2 of 2 (two) failed" in text
        assert "these are the last words" in text
        assert "Do as the log says." in text
        assert str(place.log) in text
        assert "two" not in Stamps(place.venv).done

    def test_a_known_cause_is_told_in_place_of_the_general_advice(self, place: Place) -> None:
        def fail(work: Work) -> int:
            work.log.write("OSError: [Errno 28] No space left on device\n")
            work.log.flush()
            return 1

        Stamps(place.venv).forget_all()
        with pytest.raises(SetupError, match="The disk is full"):
            run_all(place, [make_step("one", fail)])

    def test_an_interrupted_step_is_taken_again_and_knows_it(self, place: Place) -> None:
        tries: list[bool] = []

        def interrupted_once(work: Work) -> int:
            tries.append(work.again)
            if len(tries) == 1:
                raise KeyboardInterrupt
            return 0

        Stamps(place.venv).forget_all()
        steps = [make_step("one", lambda _: 0), make_step("two", interrupted_once)]
        with pytest.raises(KeyboardInterrupt):
            run_all(place, steps)
        assert Stamps(place.venv).done == {"one": "1"}
        run_all(place, steps[1:])
        assert tries == [False, True]
        assert Stamps(place.venv).begun == set()

    def test_a_tool_gets_no_input_to_wait_for(self, place: Place) -> None:
        Stamps(place.venv).forget_all()
        code = "import sys; sys.exit(0 if sys.stdin.read() == '' else 1)"
        run_all(place, [make_step("one", lambda work: work.run([sys.executable, "-c", code]))])

    def test_a_second_set_up_is_kept_out(self, place: Place) -> None:
        with (
            runner.only_one(place.venv),
            pytest.raises(SetupError, match="Another set-up"),
            runner.only_one(place.venv),
        ):
            pass


class TestSystemPackages:
    def test_a_missing_library_becomes_its_debian_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        libraries = system.load_libraries(ROOT / "core")
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(libraries, "_loads", lambda soname: soname != "libEGL.so.1")
        assert [library.package for library in libraries.missing_libraries(window=False)] == ["libegl1"]

    def test_a_window_needs_more_than_a_picture(self, monkeypatch: pytest.MonkeyPatch) -> None:
        libraries = system.load_libraries(ROOT / "core")
        monkeypatch.setattr(sys, "platform", "linux")
        monkeypatch.setattr(libraries, "_loads", lambda _: False)
        offscreen = libraries.missing_libraries(window=False)
        window = libraries.missing_libraries(window=True)
        assert offscreen == window[: len(offscreen)]
        assert "libxcb-cursor0" in {library.package for library in window[len(offscreen) :]}

    def test_other_systems_lack_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        libraries = system.load_libraries(ROOT / "core")
        monkeypatch.setattr(sys, "platform", "darwin")
        monkeypatch.setattr(libraries, "_loads", lambda _: False)
        assert libraries.missing_libraries(window=True) == []

    def test_the_line_is_exact(self) -> None:
        line = system.install_line(["python3-venv", "libegl1"], root=False)
        assert line == (
            "sudo apt-get update && sudo apt-get install -y --no-install-recommends "
            "-o DPkg::Lock::Timeout=120 python3-venv libegl1"
        )
        assert "sudo" not in system.install_line(["libegl1"], root=True)

    def test_another_python_than_the_systems_has_its_own_venv_package(self, tmp_path: Path) -> None:
        (tmp_path / "python3.12").touch()
        default = tmp_path / "python3"
        default.symlink_to("python3.12")
        assert system.venv_package(tmp_path / "python3.12", (3, 12), default) == "python3-venv"
        assert system.venv_package(tmp_path / "python3.13", (3, 13), default) == "python3.13-venv"

    @pytest.mark.parametrize(("answer", "expected"), [("y", True), ("Yes", True), ("", False), ("n", False)])
    def test_others_than_root_are_shown_the_line_and_asked(self, answer: str, expected: bool) -> None:
        said: list[str] = []
        assert system.agreed(["libegl1"], terminal=True, ask=lambda _: answer, say=said.append) is expected
        assert system.install_line(["libegl1"], root=False) in said[0]

    def test_where_nobody_can_answer_the_answer_is_no(self) -> None:
        def ask(_: str) -> str:
            raise AssertionError("asked without a terminal")

        assert not system.agreed(["libegl1"], terminal=False, ask=ask, say=lambda _: None)

    def test_the_end_of_input_is_a_no(self) -> None:
        def ask(_: str) -> str:
            raise EOFError

        assert not system.agreed(["libegl1"], terminal=True, ask=ask, say=lambda _: None)

    def test_root_is_not_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(system, "apt_available", lambda: True)
        monkeypatch.setattr(system.os, "geteuid", lambda: 0)
        monkeypatch.setattr(system, "agreed", lambda *_, **__: pytest.fail("root was asked"))
        step = system.make_step(["libegl1"], yes=False, console=Console(io.StringIO()))
        assert step.name == "system"

    def test_without_apt_the_sentence_names_what_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(system, "apt_available", lambda: False)
        with pytest.raises(SetupError, match=r"libegl1.*package manager"):
            system.make_step(["libegl1"], yes=True, console=Console(io.StringIO()))


class TestTorch:
    def test_linux_and_windows_may_take_the_cpu_index(self) -> None:
        for platform in ("linux", "win32"):
            request, index = plan.torch_request("torch==2.13.0", "cpu", platform)
            assert request == "torch==2.13.0"
            assert index is not None
            assert index.endswith("/cpu")

    def test_a_mac_needs_no_other_index(self) -> None:
        assert plan.torch_request("torch==2.13.0", "cpu", "darwin") == ("torch==2.13.0", None)

    def test_cuda_on_linux_is_the_plain_build_and_no_other(self) -> None:
        assert plan.torch_request("torch==2.13.0", "cuda", "linux") == ("torch===2.13.0", None)

    def test_cuda_on_a_mac_is_a_sentence(self) -> None:
        with pytest.raises(SetupError, match="no CUDA build"):
            plan.torch_request("torch==2.13.0", "cuda", "darwin")


class TestLocks:
    @pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
    def test_every_line_is_one_exact_version(self, name: str) -> None:
        pins = plan.read_pins(ROOT / name)
        assert pins
        assert all(pin.count("==") == 1 and "/" not in pin for pin in pins)

    def test_no_package_is_locked_twice(self) -> None:
        pins = plan.read_pins(ROOT / "requirements.lock") + plan.read_pins(ROOT / "requirements-test.lock")
        names = [pin.partition("==")[0].lower() for pin in pins]
        assert len(names) == len(set(names))

    def test_pytorch_is_locked(self) -> None:
        assert plan.torch_pin(ROOT / "requirements.lock").startswith("torch==")
