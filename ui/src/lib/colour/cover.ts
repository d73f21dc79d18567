import { vividColour } from './accent';

const SAMPLE_PX = 40;

/** The most vivid colour of an encoded picture; null where it is grey or cannot be read. */
export async function coverColour(picture: Blob): Promise<ReturnType<typeof vividColour>> {
  const bitmap = await createImageBitmap(picture, { resizeWidth: SAMPLE_PX, resizeHeight: SAMPLE_PX, resizeQuality: 'medium' });
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SAMPLE_PX;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return null;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return vividColour(context.getImageData(0, 0, SAMPLE_PX, SAMPLE_PX).data);
}
