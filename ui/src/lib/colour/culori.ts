/** The parts of culori that the page uses, and no other colour space. */
import { clampChroma, formatHex, modeLrgb, modeOklab, modeOklch, modeRgb, useMode as register, wcagContrast } from 'culori/fn';

register(modeRgb);
register(modeLrgb);
register(modeOklab);

export const toOklch = register(modeOklch);
export { clampChroma, formatHex, wcagContrast };
export type { Oklch } from 'culori/fn';
