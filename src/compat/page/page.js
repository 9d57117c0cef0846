// Weighs the tables in this page against what is filled in. Without it the page shows the machine that it was
// written for; with that machine filled in, both say the same (see src/compat/matrix.rs).
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const element = (id) => document.getElementById(id);
  const fields = ["framework", "release", "gpu", "driver", "compiler", "fitting"];
  const ORDER = { yes: 0, unknown: 1, limited: 2, no: 3 };
  const cell = (fit, words) => ({ fit, words });

  const numbers = (text) => text.split(".").map(Number);
  const compare = (one, other) => {
    const [left, right] = [numbers(one), numbers(other)];
    for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
      if (left[at] !== right[at]) return left[at] - right[at];
    }
    return left.length - right.length;
  };
  const isVersion = (text) => /^\d{1,5}(\.\d{1,5}){0,3}$/.test(text);
  const sm = (capability) => `sm_${capability.replace(".", "")}`;

  // What drivers and people add to the names of NVIDIA's lists.
  const BRANDS = /^(geforce|nvidia|quadro|tesla)$/;
  const TRAILERS =
    /^(\d+gb?|sxm\d*|hbm\d*e?|dgxs|design|edition|fhhl|generation|gpu|laptop|max|mig|mobile|nvl|pascal|pcie|q|server|super|with|workstation)$/;
  const wordsOf = (name) =>
    name.toLowerCase().split(/[^a-z0-9]+/).filter((word) => word && !BRANDS.test(word));
  const known = data.gpus.map((gpu) => ({ ...gpu, words: wordsOf(gpu.name) }));

  function capabilityOf(text) {
    const typed = text.toLowerCase();
    const own = data.machine.gpus.find((gpu) => gpu.name === text);
    if (own) return own.capability;
    if (/^\d{1,2}\.\d$/.test(typed)) return typed;
    const tag = typed.match(/^(?:sm_|compute_)(\d{1,2})(\d)[af]?$/);
    if (tag) return `${tag[1]}.${tag[2]}`;
    const words = wordsOf(text);
    let best = null;
    for (const gpu of known) {
      const isStart = gpu.words.length > 0 && gpu.words.every((word, at) => word === words[at]);
      const isIt = isStart && words.slice(gpu.words.length).every((word) => TRAILERS.test(word));
      if (isIt && (!best || gpu.words.length > best.words.length)) best = gpu;
    }
    return best ? best.capability : undefined;
  }

  function runs(line, wanted) {
    const major = (version) => version.split(".")[0];
    const needed = line.driver ? `needs ${line.driver}` : "needs a newer driver";
    const { driver, newest } = wanted;
    if (driver && line.driver && compare(driver, line.driver) >= 0) return cell("yes", "yes");
    if (newest && compare(line.cuda, newest) <= 0) return cell("yes", "yes");
    if (driver && line.driver && line.oldest_driver && compare(driver, line.oldest_driver) >= 0) {
      return cell("limited", `but PTX ${needed}`);
    }
    if (!driver && newest && line.oldest_driver && major(newest) === major(line.cuda)) {
      return cell("limited", `but PTX ${needed}`);
    }
    if (!driver && !newest) return cell("unknown", wanted.isThis ? "no driver" : "any");
    if (!newest && !line.driver) return cell("unknown", "not known");
    return cell("no", needed);
  }

  function compiles(line, capability) {
    if (!capability || !line.capabilities) return cell("unknown", "not known");
    if (line.capabilities.includes(capability)) return cell("yes", sm(capability));
    const [major, minor] = numbers(capability);
    const usual = line.capabilities.filter((one) => !data.tegra.includes(one)).sort(compare);
    const relatives = usual.filter((one) => numbers(one)[0] === major && numbers(one)[1] < minor);
    if (relatives.length > 0 && !data.tegra.includes(capability)) return cell("limited", `as ${sm(relatives.pop())}`);
    const newest = usual.pop();
    if (newest && compare(newest, capability) < 0) return cell("limited", `as PTX of ${sm(newest)}`);
    const lines = data.lines.filter((one) => (one.capabilities || []).includes(capability));
    if (lines.length === 0) return cell("no", "no");
    const last = lines[0].cuda;
    const first = lines[lines.length - 1].cuda;
    if (compare(last, line.cuda) < 0) return cell("no", `last is ${last}`);
    return cell("no", compare(first, line.cuda) > 0 ? `first is ${first}` : "no");
  }

  const truncated = (version, other) => version.split(".").slice(0, other.split(".").length).join(".");
  const isIn = (version, [oldest, newest]) =>
    (!oldest || compare(version, oldest) >= 0) &&
    (!newest || compare(truncated(version, newest), newest) <= 0);

  function compiler(line, wanted) {
    if (wanted.compilers.length === 0) return cell("unknown", wanted.isThis ? "no compiler" : "any");
    const admitted = wanted.compilers.filter((one) => isIn(one.version, line[one.kind]));
    const rank = (one, other) =>
      (one.kind === "gcc") - (other.kind === "gcc") || compare(one.version, other.version);
    const best = admitted.sort(rank).pop();
    return best ? cell("yes", `${best.kind} ${best.version}`) : cell("no", "none of these");
  }

  function worst(cells) {
    return cells.reduce((worse, one) => (ORDER[one.fit] >= ORDER[worse.fit] ? one : worse));
  }

  function framework(line, release) {
    const choice = release.choices.find((one) => one.lines.includes(line.cuda));
    if (choice) return cell("yes", choice.cudnn ? `cuDNN ${choice.cudnn}` : "yes");
    return release.partial ? cell("unknown", "not known") : cell("no", "not for it");
  }

  function weigh(line, wanted) {
    const gpus = wanted.capabilities.map((capability) => compiles(line, capability));
    const all = { runs: runs(line, wanted), compiler: compiler(line, wanted) };
    all.gpu = gpus.length > 0 ? worst(gpus) : cell("unknown", wanted.isThis ? "no GPU" : "any");
    all.framework = wanted.release ? framework(line, wanted.release) : null;
    const counted = [...gpus, all.runs, all.compiler];
    all.verdict = worst(all.framework ? [...counted, all.framework] : counted).fit;
    return all;
  }

  function td(label, { fit, words }, below) {
    const made = document.createElement("td");
    made.setAttribute("role", "cell");
    made.dataset.label = label;
    if (fit) made.dataset.fit = fit;
    const span = document.createElement("span");
    span.textContent = words;
    made.append(span);
    if (below && !words.includes(below)) {
      const small = document.createElement("small");
      small.textContent = below;
      made.append(small);
    }
    if (!words) made.classList.add("empty");
    return made;
  }

  function tr(line, weighed) {
    const row = document.createElement("tr");
    row.setAttribute("role", "row");
    row.dataset.fit = weighed.verdict;
    const name = document.createElement("th");
    name.setAttribute("role", "rowheader");
    name.scope = "row";
    name.textContent = line.cuda;
    row.append(
      name,
      td("Driver", weighed.runs, line.driver),
      td("GPU", weighed.gpu),
      td("Compiler", weighed.compiler, `gcc ${line.gcc_words}`),
      td("Newest cuDNN", cell(null, line.cudnn || "")),
    );
    if (weighed.framework) row.append(td("Framework", weighed.framework));
    row.append(td("Installed", cell(null, line.installed.join(", "))));
    return row;
  }

  function note(id, text, isWrong) {
    element(`${id}-note`).textContent = text;
    element(id).setAttribute("aria-invalid", String(isWrong));
  }

  const list = (id) => element(id).value.split(",").map((word) => word.trim()).filter(Boolean);

  function readGpus() {
    const found = list("gpu").map((text) => ({ text, capability: capabilityOf(text) }));
    const missing = found.filter((one) => one.capability === undefined);
    const told = found.filter((one) => one.capability && one.capability !== one.text);
    const words = missing.length > 0
      ? `not known: ${missing.map((one) => one.text).join(", ")}`
      : told.map((one) => `compute capability ${one.capability}`).join(", ");
    note("gpu", words, missing.length > 0);
    return found.map((one) => one.capability);
  }

  function readDriver() {
    const text = element("driver").value.trim();
    const isWrong = text !== "" && !isVersion(text);
    const newest = text === (data.machine.driver || "") && isThis ? data.machine.newest_cuda : null;
    const words = newest ? `the driver says that it runs CUDA up to ${newest}` : "";
    note("driver", isWrong ? "expected a version such as 535.183.01" : words, isWrong);
    return { driver: isWrong ? "" : text, newest };
  }

  function readCompilers() {
    const read = list("compiler").map((text) => text.toLowerCase().match(/^(gcc|clang)?[\s-]*([\d.]+)$/));
    const isWrong = read.some((match) => !match || !isVersion(match[2]));
    note("compiler", isWrong ? "expected versions such as gcc 12.2, clang 14" : "", isWrong);
    return isWrong ? [] : read.map((match) => ({ kind: match[1] || "gcc", version: match[2] }));
  }

  function chosenRelease() {
    const chosen = data.frameworks.find((one) => one.name === element("framework").value);
    return chosen && chosen.releases.find((one) => one.version === element("release").value);
  }

  function answer(weighed, wanted) {
    const fitting = weighed.filter(({ all }) => all.verdict !== "no");
    const best = fitting.find(({ all }) => all.verdict === "yes") || fitting[0];
    const place = element("answer");
    place.replaceChildren();
    if (!best) {
      place.textContent = "No CUDA release fits all of this.";
      return;
    }
    const cudnn = wanted.release && best.all.framework.words.match(/^cuDNN (\d+)/);
    const command = document.createElement("code");
    command.textContent = `cudaman install ${best.line.cuda}${cudnn ? `+cudnn${cudnn[1]}` : ""}`;
    place.append(`${fitting.length} of ${weighed.length} fit; the one to take: `, command);
  }

  function tellMore(release) {
    const words = [];
    if (release) {
      if (release.own === "always") words.push("Its packages bring CUDA's libraries: no toolkit is needed to run it.");
      if (release.own.startsWith("extra:")) {
        words.push(`Installed with [${release.own.slice(6)}], its packages bring CUDA's libraries.`);
      }
      if (release.python) words.push(`Python ${release.python}.`);
      if (release.compiler) words.push(`Built with ${release.compiler}.`);
      words.push(`Source: ${release.source}.`);
    }
    element("more").textContent = words.join(" ");
  }

  let isThis = true;

  function render() {
    const wanted = {
      isThis,
      capabilities: readGpus(),
      ...readDriver(),
      compilers: readCompilers(),
      release: chosenRelease(),
    };
    const weighed = data.lines.map((line) => ({ line, all: weigh(line, wanted) }));
    const shown = element("fitting").checked ? weighed.filter(({ all }) => all.verdict !== "no") : weighed;
    document.querySelector("thead .of-framework").hidden = !wanted.release;
    document.querySelector("#matrix tbody").replaceChildren(...shown.map(({ line, all }) => tr(line, all)));
    answer(weighed, wanted);
    tellMore(wanted.release);
  }

  function option(value, words) {
    const made = document.createElement("option");
    made.value = value;
    made.textContent = words;
    return made;
  }

  function offerReleases() {
    const chosen = data.frameworks.find((one) => one.name === element("framework").value);
    const releases = chosen ? [...chosen.releases].reverse() : [];
    const options = releases.map((one) => option(one.version, one.since ? `${one.version} and later` : one.version));
    element("release").replaceChildren(...(chosen ? options : [option("", "choose a framework")]));
    element("release").disabled = !chosen;
  }

  function fill(machine) {
    isThis = machine === data.machine;
    const gpus = machine.gpus.map((gpu) => (/[,]/.test(gpu.name) || gpu.name !== gpu.name.trim() ? gpu.capability || "" : gpu.name));
    element("gpu").value = [...new Set(gpus)].join(", ");
    element("driver").value = machine.driver || "";
    element("compiler").value = machine.compilers.map((one) => `${one.kind} ${one.version}`).join(", ");
    render();
  }

  data.frameworks.forEach((one) => element("framework").append(option(one.name, one.title)));
  known.forEach((gpu) => element("gpu-names").append(option(gpu.name, `${gpu.name}, ${gpu.capability}`)));
  element("filters").hidden = false;
  element("framework").addEventListener("change", offerReleases);
  fields.forEach((id) => element(id).addEventListener("input", render));
  fields.forEach((id) => element(id).addEventListener("change", render));
  element("filters").addEventListener("submit", (event) => event.preventDefault());
  element("this").addEventListener("click", () => fill(data.machine));
  element("any").addEventListener("click", () => fill({ gpus: [], driver: "", compilers: [] }));
  fill(data.machine);
})();
