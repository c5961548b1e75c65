// Draws what the file's data says. Amounts are exact decimal texts: they are added and rounded as
// whole numbers of 10^-24, and become floats only to place a mark. Whatever a bill calls things is
// set as text (textContent), never as markup.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const SCALE = 24n;
  const ONE = 10n ** SCALE;
  const FIRST_ROWS = 12;
  const FIRST_ROWS_UNDER_A_CHART = 6;
  const MORE_ROWS = 200;
  const FEW = 3;
  const SERIES = 7;
  const BARS = 12;
  const LABEL_WIDTH = 64;
  const ROWS = [26, 34, 46];
  const PHONE = 640;
  const WORDY = 24;
  const UNKNOWN = "–";

  // ---- exact decimals -------------------------------------------------------------------------

  function scaled(text) {
    const negative = text.startsWith("-");
    const [whole, part = ""] = (negative ? text.slice(1) : text).split(".");
    const digits = BigInt(whole + part.padEnd(Number(SCALE), "0").slice(0, Number(SCALE)));
    return negative ? -digits : digits;
  }

  function plain(amount) {
    const negative = amount < 0n;
    const text = (negative ? -amount : amount).toString().padStart(Number(SCALE) + 1, "0");
    const part = text.slice(-Number(SCALE)).replace(/0+$/, "");
    return (negative ? "-" : "") + text.slice(0, -Number(SCALE)) + (part ? "." + part : "");
  }

  function rounded(amount, places) {
    const step = 10n ** (SCALE - BigInt(places));
    const negative = amount < 0n;
    const steps = ((negative ? -amount : amount) + step / 2n) / step;
    const text = steps.toString().padStart(places + 1, "0");
    const whole = text.slice(0, text.length - places).replace(/\B(?=(\d{3})+$)/g, ",");
    const sign = negative && steps > 0n ? "−" : "";
    return sign + whole + (places ? "." + text.slice(-places) : "");
  }

  function cents(amount) {
    const size = amount < 0n ? -amount : amount;
    return size > 0n && size * 100n < ONE ? small(amount, 6) : rounded(amount, 2);
  }

  // Small amounts keep their first digits; nothing that is not zero reads as 0.00.
  function small(amount, most) {
    const size = amount < 0n ? -amount : amount;
    let places = 2;
    while (places < most && size > 0n && size * 10n ** BigInt(places) < ONE * 100n) places += 1;
    const text = rounded(amount, places);
    return size > 0n && !/[1-9]/.test(text) ? `under ${rounded(ONE / 10n ** BigInt(most), most)}` : text;
  }

  function compact(amount) {
    const size = amount < 0n ? -amount : amount;
    for (const [power, word] of [[12n, "tn"], [9n, "bn"], [6n, "m"], [3n, "k"]]) {
      if (size >= 10n ** (SCALE + power)) return rounded(amount / 10n ** power, 1) + " " + word;
    }
    return size >= 10n * ONE || size === 0n ? rounded(amount, 0) : small(amount, 6);
  }

  function brief(name, amount) {
    const unit = described(name).unit;
    if (unit === "percent") return rounded(amount, 0) + " %";
    const size = amount < 0n ? -amount : amount;
    if (unit === "money" && size > 0n && size * 100n < ONE) return amount < 0n ? "over −0.01" : "under 0.01";
    return compact(amount) + (unit === "days" ? " d" : "");
  }

  // ---- words ----------------------------------------------------------------------------------

  const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August",
    "September", "October", "November", "December"];

  function month(text, short) {
    const name = MONTHS[Number(text.slice(5, 7)) - 1];
    return short ? `${name.slice(0, 3)} ’${text.slice(2, 4)}` : `${name} ${text.slice(0, 4)}`;
  }

  function day(text) {
    return `${Number(text.slice(8, 10))} ${MONTHS[Number(text.slice(5, 7)) - 1].slice(0, 3)} ${text.slice(0, 4)}`;
  }

  const calendar = {
    this_month: data.months.this_month ? month(data.months.this_month) : "this month",
    month_before: data.months.month_before ? month(data.months.month_before) : "the month before",
  };
  const isFirstMonth = !data.months.month_before;

  function withCalendar(words) {
    // Of the first month there is nothing to compare with, and nothing is said of it.
    if (isFirstMonth) words = words.replace(/, \{\w+_before\} the month before/g, "");
    return words.replace(/\{(this_month|month_before)\}/g, (_, name) => calendar[name]);
  }

  function described(name) {
    return data.columns[name];
  }

  function isNumber(name) {
    return !["text", "month", "date", "time"].includes(described(name).unit);
  }

  function isMoney(name) {
    return ["money", "price"].includes(described(name).unit);
  }

  const NOT_SURE = ["estimated", "api_equivalent", "estimated by owner", "measured in part", "measured quantity, stated worth"];

  function isEstimate(name, row) {
    const { estimate, state } = described(name);
    return estimate || (NOT_SURE.includes(row[state]) && (state !== "basis" || isMoney(name)));
  }

  // Own words only: a team may be called "constructor".
  function plainWord(name, value) {
    const words = described(name).values;
    return Object.hasOwn(words, value) ? words[value] : value;
  }

  function shown(name, value) {
    if (value === null || value === undefined) return UNKNOWN;
    switch (described(name).unit) {
      case "money": return cents(scaled(value));
      case "price": return small(scaled(value), 8);
      case "share": return rounded(scaled(value) * 100n, 1) + " %";
      case "ratio": return small(scaled(value), 4);
      case "count":
      case "tokens": return rounded(scaled(value), 0);
      case "percent": return rounded(scaled(value), 1) + " %";
      case "days": return rounded(scaled(value), 0) + " d";
      case "seconds": return rounded(scaled(value), 2) + " s";
      case "month": return month(value);
      case "date": return day(value);
      case "time": return `${day(value)}, ${value.slice(11, 16)} UTC`;
      default: return value === "" ? "(empty)" : plainWord(name, value);
    }
  }

  function spoken(name, row) {
    const sign = name.endsWith("_change") && isMoney(name) && row[name] !== null && scaled(row[name]) > 0n ? "+" : "";
    const text = sign + shown(name, row[name]);
    return isMoney(name) && row[name] !== null && row.currency ? `${text} ${row.currency}` : text;
  }

  // ---- answers --------------------------------------------------------------------------------

  const answers = new Map();

  function answer(key) {
    if (!answers.has(key)) {
      const found = data.answers[key];
      const rows = found.rows.map((cells) => Object.fromEntries(found.columns.map((name, i) => [name, cells[i]])));
      answers.set(key, { ...found, key, rows });
    }
    return answers.get(key);
  }

  function element(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name === "class") made.className = value;
      else if (name in made && typeof value !== "string") made[name] = value;
      else made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  // Sets a sentence whose {names} are values of a row; false where one of them is unknown.
  function fill(place, template, row) {
    const pieces = [];
    for (const piece of withCalendar(template).split(/(\{\w+\})/)) {
      const name = piece.match(/^\{(\w+)\}$/)?.[1];
      if (!name) {
        pieces.push(piece);
        continue;
      }
      if (!row || row[name] === null || row[name] === undefined) return false;
      // a number and its unit stay on one line
      const kind = [isEstimate(name, row) ? "estimated" : "", isNumber(name) ? "whole" : ""].filter(Boolean).join(" ");
      pieces.push(element("strong", kind ? { class: kind } : {}, spoken(name, row)));
    }
    place.replaceChildren(...pieces);
    return true;
  }

  // The row that a figure's sentence speaks of: a group of the rows added up as the chart adds them,
  // or a single row. What does not add up is said of a group only where all its rows agree on it.
  function spokenOf(section, rows) {
    const { groups: by, figure } = section.dataset;
    const template = section.querySelector(".answer").dataset.template;
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      .filter((name) => !(name in calendar) && !(isFirstMonth && name.endsWith("_before")));
    const isKnown = (row) => names.every((name) => row[name] !== null && row[name] !== undefined);
    if (!by) return rows.find(isKnown);
    const chart = data.charts[figure];
    const value = chart?.value ?? names.find((name) => described(name).adds_up);
    const first = rows.find((row) => row[value] !== null && row[by] !== null);
    const sums = new Map();
    for (const row of rows) {
      if (row[by] === null || row[value] === null || row.currency !== first.currency) continue;
      if (!sums.has(row[by])) sums.set(row[by], []);
      sums.get(row[by]).push(row);
    }
    const added = [...sums.values()].map((group) => Object.fromEntries(Object.keys(group[0]).map((name) => {
      const known = group.filter((row) => row[name] !== null);
      if (described(name).adds_up) {
        return [name, known.length ? plain(known.reduce((sum, row) => sum + scaled(row[name]), 0n)) : null];
      }
      return [name, group.every((row) => row[name] === group[0][name]) ? group[0][name] : null];
    })));
    if (chart?.kind === "months") return added.find((row) => row[by] === data.months.this_month);
    const size = (row) => {
      const sum = scaled(row[value]);
      return chart?.kind === "changes" && sum < 0n ? -sum : sum;
    };
    // What belongs to no use case is drawn, but it is none that could have the most.
    return added.filter((row) => isKnown(row) && row[by] !== "no use case").reduce((most, row) => (!most || size(row) > size(most) ? row : most), undefined);
  }

  function fillAnswer(section, rows) {
    const place = section.querySelector(".answer");
    const { template } = place.dataset;
    if (template && fill(place, template, spokenOf(section, rows))) return;
    const reason = template && rows.find((row) => row.reason)?.reason;
    place.hidden = !reason;
    if (reason) place.textContent = `This is not known yet: ${reason}.`;
  }

  function fillHow(place) {
    const found = answer(place.dataset.how);
    const count = rounded(BigInt(found.rows_count) * ONE, 0);
    place.querySelector(".rows").textContent =
      `Made from ${count} source row${found.rows_count === 1 ? "" : "s"} of ${found.tables.join(", ")}. ` +
      "This is the SQL that was asked of the published file, word for word:";
    place.querySelector("code").textContent = found.sql;
    const button = place.querySelector(".copy");
    button.addEventListener("click", () => copy(found.sql, button));
  }

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = element("textarea", { class: "off" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy the SQL"; }, 1500);
  }

  // ---- cards ----------------------------------------------------------------------------------

  function drawCards(place) {
    const found = answer(place.dataset.cards);
    const names = found.columns.filter((name) =>
      !["currency", "rows_count", "unknown_rows_count"].includes(name) && !name.endsWith("_before"));
    for (const row of found.rows) {
      for (const name of names) {
        if (row[name] === null) continue;
        const card = element("div", { class: "card" },
          element("p", { class: "card-label" }, withCalendar(described(name).label)),
          element("p", { class: "card-value" }, shown(name, row[name]),
            isMoney(name) ? element("span", { class: "unit" }, " " + (row.currency ?? "")) : null));
        if (isEstimate(name, row)) card.classList.add("estimated");
        card.title = described(name).about;
        const before = row[name + "_before"];
        if (before !== undefined) card.append(element("p", { class: "card-change" }, change(name, row[name], before)));
        place.append(card);
      }
      if (row.unknown_rows_count && row.unknown_rows_count !== "0") {
        place.append(element("p", { class: "note" },
          `${shown("unknown_rows_count", row.unknown_rows_count)} rows have no known amount in ${row.currency} and are in none of these sums.`));
      }
    }
    if (!found.rows.length) place.append(element("p", { class: "empty" }, "Nothing was charged in these months."));
  }

  function change(name, now, before) {
    if (isFirstMonth) return "no earlier month";
    if (before === null) return `unknown in ${calendar.month_before}`;
    const difference = scaled(now) - scaled(before);
    if (difference === 0n) return `as in ${calendar.month_before}`;
    const sign = difference > 0n ? "+" : "";
    if (described(name).unit === "share") {
      return `${sign}${rounded(difference * 100n, 1)} points on ${calendar.month_before}`;
    }
    if (described(name).unit === "count") return `${sign}${rounded(difference, 0)} on ${calendar.month_before}`;
    const base = scaled(before);
    if (base === 0n) return `none in ${calendar.month_before}`;
    // A part of a negative amount says nothing: it is the difference that does.
    if (base < 0n) return `${sign}${shown(name, plain(difference))} on ${calendar.month_before} (${shown(name, before)})`;
    const share = (difference * ONE) / base;
    return `${sign}${rounded(share * 100n, 1)} % on ${calendar.month_before} (${shown(name, before)})`;
  }

  // ---- tables ---------------------------------------------------------------------------------

  class Grid {
    constructor(section, found) {
      this.section = section;
      this.found = found;
      this.place = section.querySelector(".grid");
      const currencies = new Set(found.rows.map((row) => row.currency).filter((code) => code));
      this.currency = currencies.size === 1 ? [...currencies][0] : null;
      const hasMoney = found.columns.some(isMoney);
      this.columns = found.columns.filter((name) => name !== "rows_count" && !described(name).in_sentence &&
        !(name === "currency" && hasMoney && currencies.size <= 1) &&
        !(name === "unknown_rows_count" && found.rows.every((row) => row[name] === "0")) &&
        !(described(name).is_silent && found.rows.every((row) => row[name] === null)));
      this.wide = this.columns;
      this.arrange();
      this.choices = {};
      this.words = "";
      this.sort = null;
      this.limit = data.charts[found.key] ? FIRST_ROWS_UNDER_A_CHART : FIRST_ROWS;
      this.build();
    }

    // On a phone the number that the figure is about stands beside whose it is: it is seen at once.
    arrange() {
      this.narrow = window.innerWidth <= PHONE;
      this.columns = this.wide;
      const [first, ...others] = this.wide;
      const { value } = data.charts[this.found.key] ?? {};
      const main = others.includes(value) ? [value]
        : [others.filter((name) => isMoney(name) && !name.endsWith("_before")).slice(0, 2), others.filter(isNumber).slice(0, 1)].find((names) => names.length);
      if (!this.narrow || !main) return;
      const beside = [...main, ...(main.some(isMoney) && others.includes("currency") ? ["currency"] : [])];
      this.columns = [first, ...beside, ...others.filter((name) => !beside.includes(name))];
    }

    // After the screen was turned or resized; what was chosen and sorted by stays.
    rearrange() {
      if (this.narrow === window.innerWidth <= PHONE) return;
      this.arrange();
      this.place.querySelector("thead tr").replaceWith(this.heads());
      this.mark();
      this.refresh();
    }

    heads() {
      const head = element("tr");
      for (const name of this.columns) {
        const button = element("button", { type: "button", title: described(name).about },
          withCalendar(described(name).label), element("span", { class: "arrow", "aria-hidden": "true" }));
        button.addEventListener("click", () => this.sortBy(name));
        head.append(element("th", { scope: "col", class: isNumber(name) ? "number" : "", "data-column": name }, button));
      }
      return head;
    }

    build() {
      const id = this.section.id;
      const controls = element("div", { class: "controls" });
      const preset = this.section.dataset.presetColumn;
      if (this.found.rows.length > 5 || preset) {
        const filters = element("div", { class: "filters" });
        const folded = element("details", {}, element("summary", {}, "Filter"), filters);
        folded.open = !this.narrow || "presetColumn" in this.section.dataset;
        const input = element("input", { type: "search", id: `${id}-filter`, autocomplete: "off" });
        input.addEventListener("input", () => { this.words = input.value.toLowerCase(); this.refresh(); });
        filters.append(element("label", { for: `${id}-filter` }, "Find ", input));
        for (const [name, values] of this.choosable()) this.addChoice(filters, id, name, values);
        controls.append(folded);
      }
      const download = element("button", { type: "button", class: "csv" }, "Download CSV");
      download.addEventListener("click", () => this.download());
      controls.append(download);
      this.caption = element("caption");
      this.body = element("tbody");
      this.foot = element("tfoot");
      const table = element("table", {}, this.caption, element("thead", {}, this.heads()), this.body, this.foot);
      this.more = element("button", { type: "button", class: "more" });
      this.more.addEventListener("click", () => { this.limit += MORE_ROWS; this.refresh(); });
      const question = this.section.querySelector("h2").textContent;
      this.place.replaceChildren(controls,
        element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Table: ${question}` }, table), this.more);
      this.refresh();
    }

    // The columns that group the rows best: few values, and fewer than there are rows.
    choosable() {
      const preset = this.section.dataset.presetColumn;
      const kept = this.columns.filter((name) => ["text", "month"].includes(described(name).unit))
        .map((name) => [name, [...new Set(this.found.rows.map((row) => row[name]))]])
        .filter(([name, values]) => values.length > 1
          && (name === preset || (values.length <= 40 && values.length < this.found.rows.length)))
        .sort((a, b) => (b[0] === preset) - (a[0] === preset) || a[1].length - b[1].length).slice(0, 3);
      return kept.sort((a, b) => this.columns.indexOf(a[0]) - this.columns.indexOf(b[0]));
    }

    addChoice(filters, id, name, values) {
      const select = element("select", { id: `${id}-${name}` }, element("option", { value: "" }, "all"));
      values.map((value) => [shown(name, value), value]).sort((a, b) => (a[0] < b[0] ? -1 : 1))
        .forEach(([text, value], number) => {
          const option = element("option", { value: String(number + 1) }, text);
          option.chosen = value;
          select.append(option);
          if (this.section.dataset.presetColumn === name && this.section.dataset.presetValue === value) {
            option.selected = true;
            this.choices[name] = option;
          }
        });
      select.addEventListener("change", () => {
        const option = select.selectedOptions[0];
        if (option.value) this.choices[name] = option; else delete this.choices[name];
        this.refresh();
      });
      filters.append(element("label", { for: `${id}-${name}` }, withCalendar(described(name).label) + " ", select));
    }

    rows() {
      let rows = this.found.rows.filter((row) =>
        Object.entries(this.choices).every(([name, option]) => row[name] === option.chosen) &&
        (!this.words || this.columns.some((name) => shown(name, row[name]).toLowerCase().includes(this.words))));
      if (this.sort) {
        const { name, down } = this.sort;
        const compare = isNumber(name)
          ? (a, b) => { const [x, y] = [scaled(a), scaled(b)]; return x < y ? -1 : x > y ? 1 : 0; }
          : (a, b) => a.localeCompare(b, "en");
        const apart = data.charts[this.found.key]?.apart;
        const places = [...new Set(this.found.rows.map((row) => row[apart]))];
        rows = [...rows].sort((a, b) => {
          // what is not to be ranked together stays apart, whatever is sorted by
          if (apart && a[apart] !== b[apart]) return places.indexOf(a[apart]) - places.indexOf(b[apart]);
          if (a[name] === null || b[name] === null) return (a[name] === null) - (b[name] === null);
          return down ? compare(b[name], a[name]) : compare(a[name], b[name]);
        });
      }
      return rows;
    }

    sortBy(name) {
      const down = this.sort?.name === name ? !this.sort.down : isNumber(name);
      this.sort = { name, down };
      this.mark();
      this.refresh();
    }

    mark() {
      for (const head of this.place.querySelectorAll("th[data-column]")) {
        if (head.dataset.column === this.sort?.name) head.setAttribute("aria-sort", this.sort.down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      }
    }

    refresh() {
      const rows = this.rows();
      const limit = rows.length <= this.limit + FEW ? rows.length : this.limit;
      this.body.replaceChildren(...rows.slice(0, limit).map((row) => element("tr", {},
        ...this.columns.map((name, place) => {
          const known = row[name] !== null;
          const kind = [isNumber(name) ? "number" : "", known && isEstimate(name, row) ? "estimated" : "",
            known ? "" : "unknown"].filter(Boolean).join(" ");
          const cell = element(place === 0 && !isNumber(name) ? "th" : "td", kind ? { class: kind } : {});
          if (cell.tagName === "TH") cell.scope = "row";
          if (known) cell.textContent = shown(name, row[name]);
          // where there is nothing to say, its place is empty and not unknown
          else if (described(name).absent !== "unknown") cell.textContent = described(name).absent;
          else if (!described(name).is_silent) cell.append(element("span", { "aria-hidden": "true" }, UNKNOWN), element("span", { class: "off" }, "unknown"));
          if (/\S{25}/.test(cell.textContent)) cell.classList.add("long");
          if (/^\S{1,16}$/.test(cell.textContent) || ["date", "month"].includes(described(name).unit)) cell.classList.add("whole");
          if (!isNumber(name) && cell.textContent.length > WORDY) cell.classList.add("wordy");
          return cell;
        }))));
      const left = rows.length - limit;
      this.more.hidden = left === 0;
      this.more.textContent = left <= MORE_ROWS ? `Show the other ${left} rows` : `Show ${MORE_ROWS} more of ${left} rows`;
      const all = this.found.rows.length;
      this.caption.textContent = `${rows.length === all ? all : `${rows.length} of ${all}`} row${all === 1 ? "" : "s"}` +
        (this.currency ? `, amounts in ${this.currency}` : "");
      this.total(rows);
      if (this.drawn !== undefined) drawChart(this.section, this.found, rows);
      this.drawn = true;
    }

    // The sum of what is shown, to the last digit; several currencies are never added up.
    total(rows) {
      const additive = this.columns.filter((name) => described(name).adds_up);
      this.foot.replaceChildren();
      if ("noSum" in this.section.dataset || rows.length < 2 || !additive.length || (!this.currency && this.columns.some(isMoney))) return;
      const cells = this.columns.map((name, place) => {
        if (place === 0) return element("th", { scope: "row" }, `Sum of ${rows.length} rows`);
        if (!additive.includes(name)) return element("td");
        const known = rows.filter((row) => row[name] !== null);
        const sum = known.reduce((total, row) => total + scaled(row[name]), 0n);
        const estimate = known.some((row) => isEstimate(name, row));
        // A sum over rows of which some are unknown says so, lest it look smaller than it is.
        const open = known.length < rows.length && !described(name).is_silent && described(name).absent === "unknown" ? element("span", { class: "open" }, known.length ? " + unknown" : "unknown") : null;
        return element("td", { class: "number" + (estimate ? " estimated" : "") },
          known.length ? shown(name, plain(sum)) : null, open);
      });
      this.foot.append(element("tr", {}, ...cells));
    }

    // A spreadsheet would run a text that begins like a formula, so such texts get an apostrophe.
    download() {
      const names = this.found.columns.filter((name) => !described(name).in_sentence);
      const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
      const cell = (name, value) => value === null ? ""
        : isNumber(name) ? value : quoted(/^[=+\-@\t\r]/.test(value) ? "'" + value : value);
      const lines = [names.join(","), ...this.rows().map((row) => names.map((name) => cell(name, row[name])).join(","))];
      const file = new Blob(["\ufeff" + lines.join("\r\n") + "\r\n"], { type: "text/csv;charset=utf-8" });
      const link = element("a", { href: URL.createObjectURL(file), download: `${this.found.key}.csv` });
      document.body.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }
  }

  // ---- charts ---------------------------------------------------------------------------------

  const PALETTE = ["var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)", "var(--c5)", "var(--c6)", "var(--c7)"];
  const FIXED = new Map([["used", "var(--c1)"], ["idle", "url(#idle)"], ["unallocated", "url(#unallocated)"],
    ["all others", "var(--rest)"], ["no use case", "url(#unallocated)"]]);

  function shortened(text, most) {
    return text.length > most ? text.slice(0, most - 1) + "…" : text;
  }

  // A label in as many lines as a bar has room for, broken between words or after the signs that part
  // a name; a word without them is shortened and not broken.
  function wrapped(text, most) {
    const lines = [];
    let rest = text;
    while (rest.length > most && lines.length < ROWS.length - 1) {
      const at = Math.max(rest.lastIndexOf(" ", most), ...[..."-_./:,"].map((sign) => rest.lastIndexOf(sign, most - 1) + 1));
      if (at <= 0) break;
      lines.push(rest.slice(0, at).trim());
      rest = rest.slice(at).trim();
    }
    return [...lines, shortened(rest, most)].join("\n");
  }

  // A category as a table would show it; months and days stay dates.
  function word(name, value) {
    return described(name).unit === "text" ? shown(name, value) : value;
  }

  // The series that get a colour of their own; more than a few nobody can tell apart.
  function largestSeries(rows, chart) {
    const sums = new Map();
    for (const row of rows) {
      if (!chart.series || row[chart.value] === null) continue;
      sums.set(row[chart.series], (sums.get(row[chart.series]) ?? 0) + Math.abs(Number(row[chart.value])));
    }
    const names = [...sums].sort((a, b) => b[1] - a[1]).map(([name]) => name);
    return new Set(names.length <= SERIES ? names : names.slice(0, SERIES - 1));
  }

  // Rows added up by label and series, exactly; `drawn` is the float that only places a mark.
  // Prices do not add up: each row is a label of its own.
  function grouped(rows, chart) {
    const groups = new Map();
    const own = largestSeries(rows, chart);
    for (const row of rows) {
      if (row[chart.value] === null || row[chart.label] === null) continue;
      let label = word(chart.label, row[chart.label]);
      let series = !chart.series ? "" : own.has(row[chart.series]) ? word(chart.series, row[chart.series]) : "all others";
      if (!described(chart.value).adds_up && chart.series) {
        [label, series] = [`${label}, ${word(chart.series, row[chart.series])}`, ""];
      }
      const key = JSON.stringify([label, series]);
      const group = groups.get(key) ?? { label, series,
        amount: 0n, before: 0n, hasBefore: false, estimate: false };
      group.amount += scaled(row[chart.value]);
      if (chart.before && row[chart.before] !== null) {
        group.before += scaled(row[chart.before]);
        group.hasBefore = true;
      }
      group.estimate ||= isEstimate(chart.value, row);
      groups.set(key, group);
    }
    return [...groups.values()].map((group) =>
      ({ ...group, drawn: Number(plain(group.amount)), drawnBefore: Number(plain(group.before)) }));
  }

  function drawChart(section, found, rows) {
    const chart = data.charts[found.key];
    const place = section.querySelector(".drawing");
    if (!chart) return;
    const named = [...new Set(rows.map((row) => row.currency).filter((code) => code))];
    const currencies = isMoney(chart.value) && named.length ? named : [null];
    const label = section.querySelector("h2").textContent + " " + section.querySelector(".answer").textContent;
    const drawings = [];
    const kinds = chart.apart ? [...new Set(rows.map((row) => row[chart.apart]))] : [null];
    // What is drawn apart is not ranked together, and yet a per cent is as long in one as in the other.
    const drawable = chart.apart ? rows.filter((row) => row[chart.value] !== null && row[chart.label] !== null) : [];
    const scale = chart.apart ? [0, ...drawable.map((row) => Number(row[chart.value]))] : null;
    const beside = drawable.map((row) => word(chart.label, row[chart.label]));
    for (const [currency, kind] of currencies.flatMap((code) => kinds.map((one) => [code, one]))) {
      const groups = grouped(rows.filter((row) => (currency === null || row.currency === currency)
        && (kind === null || row[chart.apart] === kind)), chart);
      if (!groups.length || groups.every((group) => group.amount === 0n)) continue;
      const width = Math.max(280, place.clientWidth || section.clientWidth);
      const { plot, series, shown: drawn, labels = [], of = groups.length } = KINDS[chart.kind](groups, { ...chart, scale, beside }, width, currency ?? "");
      plot.setAttribute("role", "img");
      plot.setAttribute("aria-label", `Chart. ${label} The table below has the numbers.`);
      plot.removeAttribute("class");
      title(plot, labels);
      unlabel(plot);
      new MutationObserver(() => unlabel(plot)).observe(plot, { childList: true, subtree: true });
      const what = withCalendar(described(chart.value).label) + (currency ? `, ${currency}` : "")
        + (kind === null ? "" : `, ${shown(chart.apart, kind)}`)
        + (drawn < of ? `: ${drawn} of ${of}, the table has all` : "");
      drawings.push(element("div", { class: "chart" }, element("p", { class: "chart-title" }, what,
        chart.before && !isFirstMonth ? element("span", { class: "mark" }, `  │ ${calendar.month_before}`) : null,
        openWords(chart, groups)),
        legend(series), plot));
    }
    place.replaceChildren(...drawings);
  }

  // A month that is not over is small for that alone: whoever compares it is told so beside the drawing.
  function openWords(chart, groups) {
    const open = chart.kind === "months" ? [...new Set(groups.filter(isOpen).map((group) => group.label))].sort()
      : data.months.is_open === "true" && (chart.before || chart.kind === "changes") ? [data.months.this_month] : [];
    return open.length ? `; ${open.map((label) => month(label)).join(", ")} not over${chart.kind === "months" ? " (pale)" : ""}` : null;
  }

  function isOpen(group) {
    return data.months.this_month && (group.label > data.months.this_month || (data.months.is_open === "true" && group.label === data.months.this_month));
  }

  // Each label says itself in full to whoever points at it, as a long one is cut.
  function title(plot, labels) {
    plot.querySelectorAll("[aria-label='y-axis tick label'] text").forEach((text, number) => {
      const whole = document.createElementNS(plot.namespaceURI, "title");
      whole.textContent = labels[number];
      text.append(whole);
    });
  }

  // The picture has one label as a whole; its groups have no role that could carry another.
  function unlabel(plot) {
    for (const group of plot.querySelectorAll("[aria-label]")) group.removeAttribute("aria-label");
  }

  function legend(series) {
    if (series.size < 2) return null;
    return element("ul", { class: "legend" }, ...[...series].map(([name, colour]) => {
      const swatch = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      swatch.setAttribute("aria-hidden", "true");
      const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      box.setAttribute("width", "12");
      box.setAttribute("height", "12");
      box.style.fill = colour;
      swatch.append(box);
      return element("li", { title: name }, swatch, shortened(name, 40));
    }));
  }

  // Each series and its colour, the largest first; what is idle or nobody's looks it everywhere.
  function colours(groups) {
    const sums = new Map();
    for (const group of groups) sums.set(group.series, (sums.get(group.series) ?? 0) + Math.abs(group.drawn));
    const names = [...sums].sort((a, b) => b[1] - a[1]).map(([name]) => name)
      .sort((a, b) => (FIXED.has(a) && a !== "used") - (FIXED.has(b) && b !== "used"));
    let next = 0;
    return new Map(names.map((name) => [name, FIXED.get(name) ?? PALETTE[next++ % PALETTE.length]]));
  }

  function amountText(amount, chart, currency) {
    const unit = currency ? " " + currency : described(chart.value).unit === "tokens" ? " tokens" : "";
    return shown(chart.value, plain(amount)) + unit;
  }

  function tooltip(group, chart, currency, label) {
    return [label, group.series, amountText(group.amount, chart, currency) + (group.estimate ? " (estimate)" : ""),
      group.hasBefore ? `${amountText(group.before, chart, currency)} in ${calendar.month_before}` : ""]
      .filter(Boolean).join("\n");
  }

  function tick(value) {
    const size = Math.abs(value);
    for (const [step, word] of [[1e12, " tn"], [1e9, " bn"], [1e6, " m"], [1e3, "k"]]) {
      if (size >= step) return `${+(value / step).toPrecision(3)}${word}`;
    }
    return String(+value.toPrecision(3));
  }

  const shared = { style: { background: "none", color: "inherit", fontFamily: "inherit", fontSize: "12px", overflow: "visible" } };

  function months(groups, chart, width, currency) {
    const series = colours(groups);
    const keys = [...new Set(groups.map((group) => group.label))].sort();
    const plot = Plot.plot({
      ...shared, width, height: 260, marginLeft: 48, marginBottom: 30,
      x: { domain: keys, label: null, tickSize: 0, padding: 0.25,
        tickFormat: (key) => (keys.length > 7 && width < 560 && keys.indexOf(key) % 3 !== (keys.length - 1) % 3 ? "" : month(key, true)) },
      y: { label: null, ticks: 4, tickFormat: tick, grid: true, nice: true },
      color: { domain: [...series.keys()], range: [...series.values()] },
      marks: [
        Plot.barY(groups, { x: "label", y: "drawn", fill: "series", order: [...series.keys()], fillOpacity: (g) => (isOpen(g) ? 0.45 : 1),
          title: (g) => tooltip(g, chart, currency, month(g.label) + (isOpen(g) ? " (still open)" : "")), tip: true }),
        Plot.ruleY([0], { stroke: "var(--line-strong)" }),
      ],
    });
    return { plot, series };
  }

  function days(groups, chart, width, currency) {
    const series = colours(groups);
    const dated = groups.map((group) => ({ ...group, date: new Date(group.label + "T00:00:00Z") })).sort((a, b) => a.date - b.date);
    const plot = Plot.plot({
      ...shared, width, height: 260, marginLeft: 48,
      x: { type: "utc", label: null, ticks: width < 560 ? 4 : 8 },
      y: { label: null, ticks: 4, tickFormat: tick, grid: true, nice: true, zero: true },
      color: { domain: [...series.keys()], range: [...series.values()] },
      marks: [
        Plot.lineY(dated, { x: "date", y: "drawn", z: "series", stroke: "series", strokeWidth: 1.8 }),
        Plot.dot(dated, Plot.pointer({ x: "date", y: "drawn", z: "series", fill: "series", r: 3.5 })),
        Plot.tip(dated, Plot.pointer({ x: "date", y: "drawn", title: (g) => tooltip(g, chart, currency, day(g.label)) })),
        Plot.ruleY([0], { stroke: "var(--line-strong)" }),
      ],
    });
    return { plot, series };
  }

  function sides(width, labels) {
    const most = width < 560 ? 20 : 30;
    const longest = Math.max(...labels.map((label) => Math.min(label.length, most)));
    return { most, marginLeft: Math.min(Math.round(width * 0.42), 18 + Math.round(longest * 6.8)),
      row: ROWS[Math.max(0, ...labels.map((label) => wrapped(label, most).split("\n").length - 1))] };
  }

  function bars(groups, chart, width, currency) {
    // A loss is never left out for being small beside the gains.
    const rows = groups.sort((a, b) => Math.abs(b.drawn) - Math.abs(a.drawn))
      .filter((group, place) => place < BARS || group.drawn < 0).slice(0, 2 * BARS)
      .sort((a, b) => b.drawn - a.drawn);
    const labels = rows.map((group) => group.label);
    const { most, marginLeft } = sides(width, [...labels, ...chart.beside]);
    const { row } = sides(width, labels);
    const fill = (group) => (group.estimate ? "url(#estimate)" : FIXED.get(group.label) ?? "var(--c1)");
    // Beside the bar, or beyond the mark of the month before where that stands in the way.
    const domain = chart.scale ? { domain: [Math.min(...chart.scale), Math.max(...chart.scale)] } : {};
    const reach = Math.max(...(chart.scale ?? []), ...rows.flatMap((group) => [Math.abs(group.drawn), Math.abs(group.drawnBefore)])) || 1;
    const inTheWay = (LABEL_WIDTH * reach) / (width - marginLeft - LABEL_WIDTH);
    const end = (group, pick) => (group.hasBefore && Math.abs(group.drawnBefore - group.drawn) < inTheWay
      ? pick(group.drawn, group.drawnBefore) : pick(group.drawn, group.drawn));
    const texts = (test, anchor, dx, pick) => Plot.text(rows.filter(test), { y: "label", x: (g) => end(g, pick),
      text: (g) => brief(chart.value, g.amount), textAnchor: anchor, dx, fill: "currentColor" });
    const marks = [
      Plot.ruleX([0], { stroke: "var(--line-strong)" }),
      Plot.barX(rows, { y: "label", x: "drawn", fill, title: (g) => tooltip(g, chart, currency, g.label), tip: true }),
      // of a bar to the left the number stands on the free side, not on the label
      texts((g) => g.drawn >= 0, "start", 6, Math.max), texts((g) => g.drawn < 0, "start", 6, () => 0),
    ];
    if (chart.before) {
      marks.push(Plot.tickX(rows.filter((g) => g.hasBefore), { y: "label", x: "drawnBefore", stroke: "currentColor", strokeWidth: 2, inset: -2 }));
    }
    const plot = Plot.plot({
      ...shared, width, height: 22 + rows.length * row, marginLeft, marginRight: LABEL_WIDTH, marginTop: 4, marginBottom: 18,
      x: { axis: null, nice: true, zero: true, ...domain },
      y: { domain: labels, label: null, tickSize: 0, padding: 0.28, tickFormat: (label) => wrapped(label, most) },
      marks,
    });
    return { plot, series: new Map(), shown: rows.length, labels };
  }

  function changes(groups, chart, width, currency) {
    const rows = groups.filter((group) => group.amount !== 0n)
      .sort((a, b) => Math.abs(b.drawn) - Math.abs(a.drawn)).slice(0, BARS).sort((a, b) => b.drawn - a.drawn);
    const labels = rows.map((group) => group.label);
    const { most, marginLeft, row } = sides(width, labels);
    const text = (g) => (g.amount > 0n ? "+" : "") + brief(chart.value, g.amount);
    const plot = Plot.plot({
      ...shared, width, height: 22 + rows.length * row, marginLeft: marginLeft + 46, marginRight: 64, marginTop: 4, marginBottom: 18,
      x: { axis: null, nice: true },
      y: { domain: labels, label: null, tickSize: 0, tickPadding: 50, padding: 0.28, tickFormat: (label) => wrapped(label, most) },
      marks: [
        Plot.barX(rows, { y: "label", x: "drawn", fill: (g) => (g.drawn > 0 ? "var(--up)" : "var(--down)"),
          title: (g) => tooltip(g, chart, currency, g.label), tip: true }),
        Plot.text(rows.filter((g) => g.drawn > 0), { y: "label", x: "drawn", text, textAnchor: "start", dx: 6, fill: "currentColor" }),
        Plot.text(rows.filter((g) => g.drawn < 0), { y: "label", x: "drawn", text, textAnchor: "end", dx: -6, fill: "currentColor" }),
        Plot.ruleX([0], { stroke: "var(--line-strong)" }),
      ],
    });
    return { plot, series: new Map(), labels, shown: rows.length, of: groups.filter((group) => group.amount !== 0n).length };
  }

  function parts(groups, chart, width, currency) {
    const wholes = new Map();
    for (const group of groups) {
      const whole = wholes.get(group.label) ?? { label: group.label, amount: 0n, drawn: 0, drawnBefore: 0, end: 0, hasBefore: false };
      whole.amount += group.amount;
      whole.drawn += group.drawn;
      whole.end += Math.max(0, group.drawn);
      whole.drawnBefore += group.drawnBefore;
      whole.hasBefore ||= group.hasBefore;
      wholes.set(group.label, whole);
    }
    const all = [...wholes.values()].sort((a, b) => b.drawn - a.drawn);
    const bars = all.slice(0, BARS);
    const labels = bars.map((whole) => whole.label);
    const rows = groups.filter((group) => labels.includes(group.label));
    const series = colours(rows);
    const { most, marginLeft, row } = sides(width, labels);
    const reach = Math.max(...bars.flatMap((whole) => [whole.end, whole.drawnBefore])) || 1;
    const inTheWay = (LABEL_WIDTH * reach) / (width - marginLeft - LABEL_WIDTH);
    const marks = [
      Plot.barX(rows, { y: "label", x: "drawn", fill: "series", order: [...series.keys()],
        title: (g) => tooltip(g, chart, currency, g.label), tip: true }),
      Plot.ruleX([0], { stroke: "var(--line-strong)" }),
      // what the parts add up to, beyond the mark of the month before where that stands in the way
      Plot.text(bars, { y: "label", text: (g) => brief(chart.value, g.amount), textAnchor: "start", dx: 6, fill: "currentColor",
        x: (g) => (g.hasBefore && Math.abs(g.drawnBefore - g.end) < inTheWay ? Math.max(g.end, g.drawnBefore) : g.end) }),
    ];
    if (chart.before) {
      marks.push(Plot.tickX(bars.filter((g) => g.hasBefore), { y: "label", x: "drawnBefore", stroke: "currentColor", strokeWidth: 2, inset: -2 }));
    }
    const plot = Plot.plot({
      ...shared, width, height: 22 + labels.length * row, marginLeft, marginRight: LABEL_WIDTH, marginTop: 4, marginBottom: 18,
      x: { axis: null, nice: true, zero: true },
      y: { domain: labels, label: null, tickSize: 0, padding: 0.28, tickFormat: (label) => wrapped(label, most) },
      color: { domain: [...series.keys()], range: [...series.values()] },
      marks,
    });
    return { plot, series, labels, shown: bars.length, of: all.length };
  }

  const KINDS = { months, days, bars, changes, parts };

  // What is idle, nobody's or estimated is hatched, so that no colour has to be told apart for it.
  function drawPatterns() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "patterns");
    svg.setAttribute("aria-hidden", "true");
    for (const [id, colour, back] of [["idle", "var(--idle)", "var(--idle-back)"],
      ["unallocated", "var(--rest)", "var(--rest-back)"], ["estimate", "var(--c1)", "var(--c1-back)"]]) {
      const pattern = document.createElementNS(svg.namespaceURI, "pattern");
      for (const [name, value] of Object.entries({ id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" })) {
        pattern.setAttribute(name, value);
      }
      for (const [fill, size] of [[back, 6], [colour, 2.5]]) {
        const bar = document.createElementNS(svg.namespaceURI, "rect");
        bar.setAttribute("width", size);
        bar.setAttribute("height", 6);
        bar.style.fill = fill;
        pattern.append(bar);
      }
      svg.append(pattern);
    }
    document.body.append(svg);
  }

  // ---- pages ----------------------------------------------------------------------------------

  const prepared = new Map();

  function prepare(page) {
    if (prepared.has(page.id)) return;
    const grids = [];
    prepared.set(page.id, grids);
    page.querySelectorAll("[data-words]").forEach((place) => { place.textContent = withCalendar(place.textContent); });
    page.querySelectorAll("[data-cards]").forEach(drawCards);
    page.querySelectorAll("[data-how]").forEach((place) => {
      place.addEventListener("toggle", () => fillHow(place), { once: true });
    });
    page.querySelectorAll("[data-lesson]").forEach((place) => {
      if (!fill(place, place.dataset.template, answer(place.dataset.lesson).rows[0])) {
        place.textContent = withCalendar(place.dataset.without);
      }
    });
    for (const section of page.querySelectorAll("[data-figure]")) {
      const found = answer(section.dataset.figure);
      const { presetColumn, presetValue } = section.dataset;
      const isEmpty = !found.rows.some((row) => !presetColumn || row[presetColumn] === presetValue);
      section.querySelector(".empty").hidden = !isEmpty;
      if (isEmpty) {
        section.querySelector(".answer").hidden = true;
        continue;
      }
      const grid = new Grid(section, found);
      grids.push(grid);
      fillAnswer(section, grid.rows());
      drawChart(section, found, grid.rows());
    }
  }

  function show() {
    const [key, place] = location.hash.slice(1).split("/");
    const pages = [...document.querySelectorAll("section.page")];
    const page = pages.find((one) => one.id === `page-${key}`) ?? pages[0];
    const name = page.id.slice("page-".length);
    for (const one of pages) one.hidden = one !== page;
    for (const link of document.querySelectorAll("nav.pages a")) {
      if (link.getAttribute("href") === `#${name}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.getElementById("menu").value = name;
    document.title = `${page.querySelector("h1").textContent}: what AI costs us`;
    prepare(page);
    const target = place && document.getElementById(`${name}-${place}`);
    if (target) {
      target.scrollIntoView();
      target.querySelector("h2").focus({ preventScroll: true });
    } else if (location.hash) {
      window.scrollTo(0, 0);
      page.querySelector("h1").focus({ preventScroll: true });
    }
  }

  function redraw() {
    for (const page of document.querySelectorAll("section.page:not([hidden])")) {
      for (const grid of prepared.get(page.id) ?? []) {
        grid.rearrange();
        drawChart(grid.section, grid.found, grid.rows());
      }
    }
  }

  const THEMES = ["system", "light", "dark"];

  function setTheme(theme) {
    const button = document.getElementById("theme");
    button.textContent = `Colours: ${theme}`;
    button.setAttribute("aria-label", `Colours: ${theme}. Change`);
    if (theme === "system") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.dataset.theme = theme;
  }

  let theme = "system";
  try {
    theme = localStorage.getItem("tollgate-theme") ?? "system";
  } catch { /* a browser may keep nothing for a file that was opened by double-click */ }
  if (!THEMES.includes(theme)) theme = "system";
  setTheme(theme);
  document.getElementById("theme").addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    setTheme(theme);
    try {
      localStorage.setItem("tollgate-theme", theme);
    } catch { /* as above: the choice then holds until the page is closed */ }
  });

  document.getElementById("asof").textContent = data.months.this_month
    ? (isFirstMonth ? `${calendar.this_month}, no earlier month` : `${calendar.this_month} compared with ${calendar.month_before}`) + (data.months.is_open === "true" ? ", still open" : "")
    : "No month is published yet";
  document.getElementById("menu").addEventListener("change", (event) => { location.hash = event.target.value; });
  window.addEventListener("hashchange", show);
  let resizing = null;
  window.addEventListener("resize", () => {
    clearTimeout(resizing);
    resizing = setTimeout(redraw, 150);
  });
  drawPatterns();
  show();
})();
