"use strict";
/* The month of the map of policies. atlargePolicies: of each county its changes (month, kind, month, kind, ...), and the class and the pattern of each kind. */
(() => {
  const { changes, kinds, fills } = window.atlargePolicies;
  const month = document.getElementById("pm-month");
  const output = document.getElementById("pm-say");
  const names = month.dataset.months.split("|");
  const draw = () => {
    for (const county of document.querySelectorAll("#pm .m-counties path")) {
      const own = changes[county.id.slice(1)] || [];
      let kind = kinds.length - 1;
      for (let i = 0; i < own.length && own[i] <= Number(month.value); i += 2) kind = own[i + 1];
      county.setAttribute("class", kinds[kind]);
      if (fills[kind]) county.setAttribute("fill", fills[kind]);
      else county.removeAttribute("fill");
    }
    output.textContent = names[month.value];
    month.setAttribute("aria-valuetext", names[month.value]);
  };
  month.addEventListener("input", draw);
  draw();
})();
