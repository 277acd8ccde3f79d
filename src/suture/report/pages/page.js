(() => {
  const search = document.getElementById("search");
  if (!search) return;
  const steps = [...document.querySelectorAll(".step")];
  const chips = [...document.querySelectorAll(".chip input")];
  const none = document.getElementById("none");
  const update = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const statuses = new Set(chips.filter((chip) => chip.checked).map((chip) => chip.value));
    let shown = 0;
    for (const step of steps) {
      const fits = statuses.has(step.dataset.status) &&
        words.every((word) => step.dataset.words.includes(word));
      step.hidden = !fits;
      shown += fits;
    }
    none.hidden = shown > 0;
  };
  search.addEventListener("input", update);
  chips.forEach((chip) => chip.addEventListener("change", update));
  update();
})();
