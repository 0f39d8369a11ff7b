// Test yourself: the reader judges, then the verdict unfolds and counts towards a score.
// Without this script the buttons are hidden and each verdict is one touch away.

function setUpQuiz(list) {
  const words = JSON.parse(list.dataset.words);
  const items = [...list.children];
  const score = list.nextElementSibling;

  function count() {
    const answered = items.filter((item) => item.dataset.answer);
    const right = answered.filter((item) => item.dataset.answer === item.dataset.verdict).length;
    const left = items.length - answered.length;
    score.textContent = (left ? words.score : words.end)
      .replace("{right}", right)
      .replace("{answered}", answered.length)
      .replace("{left}", left);
    if (left) return;
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = words.again;
    again.addEventListener("click", () => {
      items.forEach(reset);
      score.replaceChildren();
      items[0].querySelector("button").focus();
    });
    score.append(" ", again);
  }

  function reset(item) {
    delete item.dataset.answer;
    item.querySelector("details").open = false;
    item.querySelector(".quiz-result").textContent = "";
    for (const button of item.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", "false");
      button.removeAttribute("aria-disabled");
    }
  }

  for (const item of items) {
    item.querySelector("summary").setAttribute("aria-describedby", item.querySelector(".quiz-statement").id);
    const buttons = [...item.querySelectorAll("button")];
    for (const button of buttons) {
      button.addEventListener("click", () => {
        if (item.dataset.answer) return;
        item.dataset.answer = button.value;
        button.setAttribute("aria-pressed", "true");
        for (const each of buttons) each.setAttribute("aria-disabled", "true");
        item.querySelector(".quiz-result").textContent =
          button.value === item.dataset.verdict ? words.agree : words.differ;
        item.querySelector("details").open = true;
        count();
      });
    }
  }
}

export function setUpQuizzes() {
  for (const list of document.querySelectorAll("ol.quiz")) setUpQuiz(list);
}
