import hre from "hardhat";

/**
 * A test of what a call near the gas limit costs. A coverage run leaves it out and says so in its title: there every statement
 * reports itself, which costs gas of its own.
 */
export const itCosts = (title: string, body: Mocha.AsyncFunc): Mocha.Test =>
  hre.globalOptions.coverage
    ? it.skip(`${title} (left out: a coverage run adds gas to every statement)`, body)
    : it(title, body);
